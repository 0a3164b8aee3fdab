// The panel on the course home with the learner's onboarding status: .proctoring-info-panel.

import { send } from './http';
import { gettext } from './page';

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

function table(): Record<string, Words> {
  return {
    not_started: {
      mood: 'alert',
      status: gettext('Not started'),
      message: gettext('You have not started your onboarding exam.'),
    },
    started: {
      mood: 'alert',
      status: gettext('Started'),
      message: gettext('You have started your onboarding exam but not submitted it.'),
    },
    submitted: {
      mood: 'neutral',
      status: gettext('Submitted'),
      message: gettext('Your onboarding exam is under review. This takes two or more working days.'),
    },
    verified: {
      mood: 'positive',
      status: gettext('Approved'),
      message: gettext('Your onboarding profile is approved in this course.'),
    },
    rejected: {
      mood: 'alert',
      status: gettext('Not approved'),
      message: gettext('Your onboarding exam was not approved. Please take it again.'),
    },
    error: {
      mood: 'alert',
      status: gettext('Stopped by an error'),
      message: gettext('A technical error stopped your onboarding exam. Please take it again.'),
    },
    other_course_approved: {
      mood: 'positive',
      status: gettext('Approved in another course'),
      message: gettext('Your approved profile is valid here, too. If your device has changed, take the onboarding exam again.'),
    },
    expiring_soon: {
      mood: 'neutral',
      status: gettext('Expires soon'),
      message: gettext('Your onboarding profile expires soon. Take the onboarding exam again in time.'),
    },
    expired: {
      mood: 'alert',
      status: gettext('Expired'),
      message: gettext('Your onboarding profile has expired. Take the onboarding exam again.'),
    },
  };
}

function words(state: string): Words {
  const found = table();
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
  if (NO_ACTION.indexOf(status) >= 0) return gettext('You can take proctored exams once your profile is approved.');
  return gettext('You need an approved profile before you can take any proctored exam. The review takes two or more working days.');
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
  if (isPastDue) return gettext('The onboarding exam is past due');
  if (!released || new Date(released).getTime() <= Date.now()) return '';
  const day = new Date(released).toLocaleDateString(document.documentElement.lang || undefined);
  return `${gettext('The onboarding exam opens on')} ${day}`;
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
  const { mood, status, message } = words(state);
  const box = document.createElement('div');
  box.className = `proctoring-info proctoring-info-${mood}`;
  line(box, 'h3', 'message-title', gettext('This course contains proctored exams'));
  line(box, 'p', 'onboarding-status', `${gettext('Onboarding status:')} ${status}`);
  if (message) line(box, 'p', 'onboarding-status-message', message);
  const remind = reminder(data.onboarding_status ?? '');
  if (remind) line(box, 'p', 'onboarding-reminder', remind);
  action(box, data, state);
  if (data.review_requirements_url) {
    const link = line(box, 'a', 'action action-info-link', gettext('What is proctored and how it is reviewed'));
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
