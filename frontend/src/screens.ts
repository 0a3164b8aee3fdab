// The learner's screens. Hosts may insert them at any time, so events are handled at the document.

import { bindBreakScreen, endBreakFromScreen } from './breaks';
import { confirmed } from './dialog';
import { STARTS, adopt, changeState, finishExam, startExam } from './proctored_exam';
import { alreadyBegun } from './errors';
import { send } from './http';
import { showError, errorText, pending, announce, navigation } from './page';
import { watchInterrupted } from './interrupted_screen';
import { attemptIn, listen } from './window_messages';
import { copyCode, startFromInstructions, systemCheck, watchSetUp } from './instructions_screen';

function enter(button: HTMLButtonElement): Promise<void> {
  return pending(button, async () => {
    const data: Record<string, string> = {
      exam_id: button.dataset.examId ?? '',
      start_clock: String(button.dataset.startImmediately !== 'false'),
    };
    if (button.dataset.attemptProctored) data.attempt_proctored = button.dataset.attemptProctored;
    try {
      await send('POST', button.dataset.ajaxUrl ?? '', data);
    } catch (error) {
      if (!alreadyBegun(error)) throw error; // the attempt already exists, so show it
    }
    if (data.start_clock === 'true' && data.attempt_proctored !== 'false') document.dispatchEvent(new Event(STARTS));
    navigation.reload();
  });
}

function swap(hide: string, show: string): void {
  const [from, to] = [hide, show].map((name) => document.querySelector<HTMLElement>(name));
  if (!from || !to) return;
  from.hidden = true;
  to.hidden = false;
  to.classList.remove('hidden');
  to.querySelector<HTMLElement>('h3')?.focus();
}

const ENTRANCE = '.proctored-exam.entrance';
const CONFIRMATION = '.skip-confirm-wrapper';
const KEEP = '.proctored-exam-skip-cancel-button';
const OPT_OUT = '.start-timed-exam[data-attempt-proctored="false"], .proctored-decline-exam';

/**
 * Ask before the learner declines: our dialog, or the panel of a host's template. In the dialog, which is read out as a
 * whole when it opens, the focus is on the button that changes nothing.
 */
function askToDecline(): void {
  const dialog = document.querySelector<HTMLElement>(CONFIRMATION);
  if (!(dialog instanceof HTMLDialogElement)) return swap(ENTRANCE, CONFIRMATION);
  dialog.showModal();
  dialog.querySelector<HTMLElement>(KEEP)?.focus();
}

function stay(): void {
  const dialog = document.querySelector<HTMLElement>(CONFIRMATION);
  if (dialog instanceof HTMLDialogElement) dialog.close();
  else swap(CONFIRMATION, ENTRANCE);
  document.querySelector<HTMLElement>(OPT_OUT)?.focus();
}

function acknowledge(button: HTMLButtonElement): Promise<void> {
  return pending(button, async () => {
    await send('PUT', button.dataset.actionUrl ?? '');
    navigation.reload();
  });
}

/** Decline an attempt that exists, after a question: ours, or the one in a host's template. */
async function decline(button: HTMLButtonElement): Promise<void> {
  const text = button.dataset.confirmText;
  if (!text && document.querySelector(CONFIRMATION)) return askToDecline();
  if (!text || (await confirmed(button.textContent ?? '', text))) await changeState(button);
}

function declineConfirmed(button: HTMLButtonElement): Promise<void> {
  return button.dataset.action ? changeState(button) : enter(button);
}

function enableActions(button: HTMLButtonElement): void {
  const action = button.closest('.sequence')?.querySelector<HTMLButtonElement>('.exam-action-button');
  if (!action) return;
  action.disabled = false;
  action.focus();
}

type Row = [selector: string, act: (button: HTMLButtonElement) => unknown];

const CLICKS: Row[] = [
  ['.start-timed-exam[data-attempt-proctored="false"]', askToDecline],
  ['.start-timed-exam', enter],
  ['.proctored-exam-skip-confirm-button', declineConfirmed],
  [KEEP, stay],
  ['.visit-exam-button', acknowledge],
  ['.proctored-decline-exam', decline],
  ['#software_download_link', systemCheck],
  ['#copy-exam-code', copyCode],
  ['#proctored-exam-code', (field) => (field as unknown as HTMLInputElement).select()],
  ['.js-start-proctored-exam', startFromInstructions],
  ['.proctored-enter-exam', startExam],
  ['.exam-action-confirm', enableActions],
  ['.sequence[data-screen="break"] .proctoring-end-break', endBreakFromScreen],
  ['[data-print]', () => window.print()],
  ['[data-reload]', () => navigation.reload()],
  ['.exam-action-button[data-action="submit"], .exam-action-button[name="goback-proctored-exam"]', finishExam],
  ['.exam-action-button[data-action]', changeState],
];

function take(event: Event): void {
  if (event.defaultPrevented) return; // a template of the host has its own way
  const target = event.target as Element;
  for (const [selector, act] of CLICKS) {
    const button = target.closest?.<HTMLButtonElement>(selector);
    if (!button) continue;
    event.preventDefault();
    void Promise.resolve(act(button)).catch((error) => showError(button, errorText(error)));
    return;
  }
}

export function bindScreens(): void {
  document.addEventListener('click', take);
}

const MOMENT: Intl.DateTimeFormatOptions = {
  year: 'numeric', month: 'long', day: 'numeric', hour: 'numeric', minute: '2-digit', timeZoneName: 'short',
};

/** A moment in the reader's own time zone and the page's language. */
export function humanMoment(moment: Date): string {
  return moment.toLocaleString(document.documentElement.lang || undefined, MOMENT);
}

/** Reload after another window has changed the attempt of this screen, unless this window is changing it. */
function followOtherWindows(screen: HTMLElement): void {
  const url = screen.querySelector<HTMLElement>('[data-change-state-url]')?.dataset.changeStateUrl ?? '';
  listen(attemptIn(url || (screen.dataset.examStartedPollUrl ?? '')), () => {
    if (screen.isConnected && !screen.querySelector('[aria-busy]')) navigation.reload();
  });
}

/** What names the zone of a time: next to it, or next to the cell that it is in. */
function zoneOf(time: HTMLElement): Element | null {
  const beside = [time.nextElementSibling, time.parentElement?.nextElementSibling];
  return beside.find((one) => one?.matches('[data-zone]')) ?? null;
}

/**
 * Show the reader's own time: instead of the server's text, or after it and its zone where that is another on
 * purpose.
 */
function showLocalTimes(screen: HTMLElement): void {
  for (const time of screen.querySelectorAll<HTMLTimeElement>('time#wait_deadline, time[data-moment]')) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    const { moment: offset } = time.dataset;
    if (offset === undefined) time.textContent = humanMoment(moment);
    else if (Number(offset) !== -moment.getTimezoneOffset()) {
      const [text, zone] = [` (${humanMoment(moment)})`, zoneOf(time)];
      if (zone) zone.append(text);
      else time.after(text);
    }
  }
}

function dress(screen: HTMLElement): void {
  screen.dataset.dressed = 'true';
  announce(screen);
  screen.querySelectorAll<HTMLElement>('[data-worker-url]').forEach(adopt);
  showLocalTimes(screen);
  followOtherWindows(screen);
  const busy = document.activeElement && document.activeElement !== document.body;
  if (!busy) screen.querySelector<HTMLElement>('h3')?.focus({ preventScroll: true });
}

/** Prepare new screens: live regions, times in the reader's time zone, focus on the heading. */
export function dressScreens(): void {
  document.querySelectorAll<HTMLElement>('.sequence[data-screen]:not([data-dressed])').forEach(dress);
  watchSetUp();
  watchInterrupted();
  bindBreakScreen();
}

/** Watch for screens that hosts insert later; returns a function that stops this. */
export function awaitScreens(): () => void {
  dressScreens();
  const observer = new MutationObserver(dressScreens);
  observer.observe(document.body, { childList: true, subtree: true });
  const back = (event: PageTransitionEvent) => {
    // The page comes from the back/forward cache, so it is outdated.
    if (event.persisted && document.querySelector('.sequence[data-screen]')) navigation.reload();
  };
  window.addEventListener('pageshow', back);
  return () => {
    observer.disconnect();
    window.removeEventListener('pageshow', back);
  };
}
