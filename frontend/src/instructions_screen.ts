// The instructions screen: the learner sets up, and the provider reports when everything is ready.

import { checkExamAttemptStatus } from './proctored_exam';
import { icon } from './icons';
import { backOff, isPassing, pause, send } from './http';
import { UserError, showError, errorText, clearError, pending, navigation, gettext } from './page';
import { duration, fill } from './format';

const POLL_FIRST_MS = 5000;
const POLL_SLOWEST_MS = 30000;
const SETTING_UP = ['created', 'download_software_clicked'];
const SCREEN = '[data-screen="instructions"]';

function pollUrl(screen: HTMLElement): string {
  return `${screen.dataset.examStartedPollUrl}?sourceid=instructions`;
}

function emphasise(name: string, on: boolean): void {
  const button = document.querySelector(name);
  button?.classList.toggle('btn-pl-primary', on);
  button?.classList.toggle('btn-secondary', !on);
}

function leadToStart(ready: boolean): void {
  emphasise('.js-start-proctored-exam', ready);
  emphasise('#software_download_link', !ready);
}

/** Write a title and a text into the status; its box shows them as good news or as a warning. */
function tell(note: HTMLElement, kind: 'good' | 'warn', title = '', ...text: (Node | string)[]): void {
  const [strong, words] = [document.createElement('strong'), document.createElement('p')];
  strong.textContent = title;
  words.append(...text);
  note.replaceChildren(...(title ? [strong, ' '] : []), words);
  const box = note.parentElement;
  if (!box?.classList.contains('px-note')) return; // in a host's template
  box.classList.remove('px-note--quiet', 'px-note--warn');
  box.classList.add(`px-note--${kind}`);
  box.querySelector('svg')?.replaceWith(icon(kind === 'good' ? 'check' : 'warning'));
}

function sayBlocked(note: HTMLElement, url: string): void {
  const link = document.createElement('a');
  Object.assign(link, { href: url, textContent: url, target: '_blank', rel: 'noopener' });
  tell(note, 'warn', note.dataset.blockedTitle, `${note.dataset.blockedText ?? ''} `, link);
}

/** Mark the step that the learner is at as done. */
function markDone(): void {
  const tag = document.querySelector<HTMLElement>(`${SCREEN} .js-step-now`);
  const step = tag?.closest<HTMLElement>('li');
  if (!tag || !step) return;
  step.dataset.step = 'done';
  step.removeAttribute('aria-current');
  tag.textContent = tag.dataset.doneText ?? '';
  tag.classList.replace('px-tag--info', 'px-tag--good');
}

/** Mark the button that leads on: it works at all times, but is of use only when the provider is ready. */
function allow(ready: boolean): void {
  const button = document.querySelector<HTMLElement>('.js-start-proctored-exam[aria-describedby]');
  const why = document.getElementById(button?.getAttribute('aria-describedby') ?? '');
  if (!button || !why) return; // in a host's template
  if (ready) button.removeAttribute('aria-disabled');
  else button.setAttribute('aria-disabled', 'true');
  button.classList.toggle('px-button--second', !ready);
  why.hidden = ready;
  if (ready) markDone();
  const check = document.querySelector<HTMLElement>('#software_download_link[data-repeat-text]');
  if (!ready || !check) return;
  check.classList.add('px-button--second');
  check.replaceChildren(icon('window'), check.dataset.repeatText ?? '');
}

/** Open the provider's page immediately, because pop-up blockers stop a later one; then notify the server. */
export async function systemCheck(button: HTMLButtonElement): Promise<void> {
  const url = button.dataset.softwareDownloadUrl ?? '';
  if (new URL(url, window.location.href).protocol === 'javascript:') return;
  const note = document.querySelector<HTMLElement>('.js-setup-status');
  clearError(button);
  const opened = window.open(url, '_blank');
  if (!opened && note) sayBlocked(note, url);
  leadToStart(true);
  try {
    await send('PUT', button.dataset.changeStateUrl ?? '', { action: button.dataset.action ?? '' });
  } catch (error) {
    showError(button, errorText(error));
  }
}

export async function startFromInstructions(button: HTMLButtonElement): Promise<void> {
  const screen = button.closest<HTMLElement>('.instructions');
  if (!screen) return;
  let isReady = true;
  await pending(button, async () => {
    const status = await checkExamAttemptStatus(pollUrl(screen));
    isReady = !SETTING_UP.includes(status);
    if (!isReady) {
      leadToStart(false);
      throw new UserError(button.dataset.notReadyText ?? gettext('The set-up is not finished yet.'));
    }
    navigation.reload();
  });
  if (!isReady) allow(false);
}

export async function copyCode(button: HTMLButtonElement): Promise<void> {
  const field = document.querySelector<HTMLInputElement>('#proctored-exam-code');
  const status = document.querySelector('[data-copy-status]');
  if (!field) return;
  field.select();
  let text = button.dataset.copiedText ?? '';
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    text = gettext('The code is selected: copy it with your keyboard.');
  }
  if (!status) return;
  status.textContent = text;
  button.addEventListener('blur', () => (status.textContent = ''), { once: true });
}

/** Handle a response; true if polling can stop. */
function show(screen: HTMLElement, note: HTMLElement, status: string): boolean {
  if (SETTING_UP.includes(status)) return false;
  if (status === 'ready_to_start' && screen.querySelector('.js-start-proctored-exam')) {
    clearError(note);
    tell(note, 'good', note.dataset.readyTitle, note.dataset.readyText ?? '');
    leadToStart(true);
    allow(true);
  } else {
    navigation.reload(); // the provider's application started the exam, or somebody ended it: there is another screen
  }
  return true;
}

/** Resolves when the page is visible. */
export function wakened(): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden) return resolve();
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
  });
}

/** Reload the page after a while, because the provider could not be reached, and show when. */
async function retryLater(screen: HTMLElement, seconds: number): Promise<void> {
  const note = screen.querySelector<HTMLElement>('.js-retry-status');
  for (let left = seconds; left > 0; left -= 1) {
    if (note) note.textContent = fill(gettext('Next try in {time}.'), { time: duration(left) });
    await pause(1000);
    if (!screen.isConnected) return;
  }
  await wakened();
  if (screen.isConnected) navigation.reload();
}

async function watch(screen: HTMLElement, note: HTMLElement): Promise<void> {
  for (let turn = 1; ; turn += 0.25) {
    await pause(backOff(turn, POLL_FIRST_MS, POLL_SLOWEST_MS));
    await wakened();
    if (!screen.isConnected) return;
    try {
      if (show(screen, note, await checkExamAttemptStatus(pollUrl(screen)))) return;
    } catch (error) {
      if (!isPassing(error)) return showError(note, errorText(error));
    }
  }
}

/** Poll during the set-up until the provider is ready, with growing intervals. */
export function watchSetUp(root: ParentNode = document): void {
  const screen = root.querySelector<HTMLElement>(SCREEN);
  const note = screen?.querySelector<HTMLElement>('.js-setup-status');
  const seconds = Number(screen?.dataset.retrySeconds);
  if (screen && seconds > 0 && !screen.dataset.watched) {
    screen.dataset.watched = 'true';
    void retryLater(screen, seconds);
  }
  if (!screen || !note || screen.dataset.watched) return;
  screen.dataset.watched = 'true';
  void watch(screen, note);
}
