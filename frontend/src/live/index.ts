// The live board, as a section of the staff page or alone on a page.

import { ProctoringFreshness } from '../staff/freshness';
import { ProctoringLive } from './board';

const ELEMENTS = { 'proctoring-freshness': ProctoringFreshness, 'proctoring-live': ProctoringLive };

for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) customElements.define(name, element);
}
