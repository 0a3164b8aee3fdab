// The elements of the staff page. Each can be used alone.

import { ProctoringAccommodations } from './accommodations';
import { ProctoringAttempts } from './attempts';
import { ProctoringFreshness } from './freshness';
import { ProctoringOnboarding } from './onboarding';
import { ProctoringStaffPage } from './page';
import { ProctoringReviews } from './reviews';
import './shared_modules';

const ELEMENTS = {
  'proctoring-accommodations': ProctoringAccommodations,
  'proctoring-attempts': ProctoringAttempts,
  'proctoring-freshness': ProctoringFreshness,
  'proctoring-onboarding': ProctoringOnboarding,
  'proctoring-reviews': ProctoringReviews,
  'proctoring-staff-page': ProctoringStaffPage,
};

for (const [name, element] of Object.entries(ELEMENTS)) {
  if (!customElements.get(name)) customElements.define(name, element);
}
