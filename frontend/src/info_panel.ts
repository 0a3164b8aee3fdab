// The panel on the course home with the learner's onboarding status: .proctoring-info-panel.

import { send } from './http';
import { gettext } from './page';
import { fill } from './format';

interface Onboarding {
  onboarding_status: string | null;
  onboarding_link: string | null;
  expiration_date: string | null;
  onboarding_past_due: boolean;
  onboarding_release_date: string | null;
  review_requirements_url: string | null;
}

interface Words {
  mood: 'alert' | 'neutral' | 'positive';
  status: string;
  message: string;
}

const URL = '/api/edx_proctoring/v1/user_onboarding/status';
const SOON_MS = 28 * 24 * 3600 * 1000;
const APPROVED = ['verified', 'other_course_approved'];
const NO_ACTION = ['submitted', 'second_review_required'];

function stateOf({ onboarding_status: status, expiration_date: expires }: Onboarding): string {
  const left = expires ? new Date(expires).getTime() - Date.now() : Infinity;
  if (left <= 0) return 'expired';
  if (left <= SOON_MS) return 'expiring_soon';
  return status ?? '';
}

/** Statuses with the same text. */
const SAME: Record<string, string> = {
  '': 'not_started',
  created: 'not_started',
  download_software_clicked: 'not_started',
  ready_to_start: 'not_started',
  ready_to_submit: 'started',
  second_review_required: 'submitted',
};

function need(): string {
  return gettext('You need a passed onboarding before your first proctored exam. The review takes 2 business days or more.');
}

function day(moment: string): string {
  return new Date(moment).toLocaleDateString(document.documentElement.lang || undefined, { dateStyle: 'long' });
}

function table(expires: string | null): Record<string, Words> {
  return {
    not_started: {
      mood: 'alert',
      status: gettext('Not started'),
      message: need(),
    },
    started: {
      mood: 'alert',
      status: gettext('Started, not finished'),
      message: gettext('Please submit your onboarding exam to complete it.'),
    },
    submitted: {
      mood: 'neutral',
      status: gettext('In review'),
      message: gettext('The review of your onboarding takes 2 business days or more.'),
    },
    verified: {
      mood: 'positive',
      status: gettext('Passed'),
      message: gettext('You are ready for the proctored exams of this course.'),
    },
    rejected: {
      mood: 'alert',
      status: gettext('Not passed'),
      message: gettext('You can repeat it at any time.'),
    },
    error: {
      mood: 'alert',
      status: gettext('Interrupted'),
      message: gettext('A technical problem ended it. Please take it again.'),
    },
    other_course_approved: {
      mood: 'positive',
      status: gettext('Passed in another course'),
      message: gettext('It is valid here, too. Repeat it if you now use another computer.'),
    },
    expiring_soon: {
      mood: 'neutral',
      status: fill(gettext('Valid until {date}'), { date: expires ? day(expires) : '' }),
      message: gettext('Please repeat it before your final exam.'),
    },
    expired: {
      mood: 'alert',
      status: gettext('No longer valid'),
      message: gettext('Please repeat it before your next proctored exam.'),
    },
  };
}

function words(state: string, expires: string | null): Words {
  const found = table(expires);
  const name = SAME[state] ?? state;
  const isKnown = Object.prototype.hasOwnProperty.call(found, name);
  return isKnown ? found[name] : { mood: 'alert', status: state, message: '' };
}

function line(parent: Element, tag: string, className: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  parent.appendChild(element);
  return element;
}

function reminder(status: string): string {
  if (APPROVED.indexOf(status) >= 0) return '';
  if (NO_ACTION.indexOf(status) >= 0) return gettext('You can take proctored exams once you have passed the review.');
  return SAME[status] === 'not_started' ? '' : need(); // the message says it already
}

/** A disabled button with a text, in place of a link that is not available yet. */
function disabled(panel: Element, text: string): void {
  const button = line(panel, 'button', 'action action-disabled', text);
  button.setAttribute('type', 'button');
  button.setAttribute('disabled', '');
}

/** Whether the learner must act: approved learners take the exam again only when the approval ends. */
function isDue(status: string, state: string): boolean {
  if (NO_ACTION.indexOf(status) >= 0) return false;
  return status !== 'verified' || state !== status;
}

function refusal({ onboarding_past_due: isPastDue, onboarding_release_date: released }: Onboarding): string {
  if (isPastDue) return gettext('The onboarding exam is closed. Write to your course team if you still need it.');
  if (!released || new Date(released).getTime() <= Date.now()) return '';
  return fill(gettext('The onboarding exam opens on {date}'), { date: day(released) });
}

function action(panel: Element, data: Onboarding, state: string): void {
  const status = data.onboarding_status ?? '';
  if (!isDue(status, state)) return;
  const refused = refusal(data);
  if (refused) return disabled(panel, refused);
  if (!data.onboarding_link) return;
  const isSecondary = status === 'other_course_approved';
  const text = isSecondary ? gettext('View the onboarding exam') : gettext('Go to the onboarding exam');
  const link = line(panel, 'a', `action ${isSecondary ? 'action-onboarding-practice' : 'action-onboarding'}`, text);
  link.setAttribute('href', data.onboarding_link);
}

export function showOnboarding(panel: HTMLElement, data: Onboarding): void {
  const state = stateOf(data);
  const { mood, status, message } = words(state, data.expiration_date);
  const box = document.createElement('div');
  box.className = `proctoring-info proctoring-info-${mood}`;
  line(box, 'h3', 'message-title', gettext('This course has proctored exams'));
  line(box, 'p', 'onboarding-status', `${gettext('Onboarding status:')} ${status}`);
  if (message) line(box, 'p', 'onboarding-status-message', message);
  const remind = reminder(data.onboarding_status ?? '');
  if (remind) line(box, 'p', 'onboarding-reminder', remind);
  action(box, data, state);
  if (data.review_requirements_url) {
    const link = line(box, 'a', 'action action-info-link', gettext('About proctored exams'));
    link.setAttribute('href', data.review_requirements_url);
  }
  panel.textContent = '';
  panel.appendChild(box);
}

/** Fill the panel. It stays empty if the course has no onboarding exam or the server does not respond. */
export async function fillInfoPanel(panel: HTMLElement): Promise<void> {
  const { courseId, username } = panel.dataset;
  if (!courseId) return;
  const query = `course_id=${encodeURIComponent(courseId)}&username=${encodeURIComponent(username ?? '')}`;
  const data = await send<Onboarding>('GET', `${URL}?${query}`).catch(() => null);
  if (data) showOnboarding(panel, data);
}
