// The elements of the staff page. Each can be used alone.

import { ProctoringAttempts } from './attempts';
import { ProctoringFreshness } from './freshness';
import { ProctoringStaffPage } from './page';

const ELEMENTS = {
  'proctoring-attempts': ProctoringAttempts,
  'proctoring-freshness': ProctoringFreshness,
  'proctoring-staff-page': ProctoringStaffPage,
};

for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) customElements.define(name, element);
}
