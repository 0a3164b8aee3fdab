// The section of the extension `edx_proctoring.contrib.accommodations`.

import { AllAccommodations } from './section';

const NAME = 'proctoring-all-accommodations';

if (!customElements.get(NAME)) customElements.define(NAME, AllAccommodations);
