// The page that asks whether to submit the exam: what holds until the time is over, and the answers that are left.

import { fill } from './format';
import { ngettext } from './gettext';

function screenOf(attemptId: number): HTMLElement | null {
  return document.querySelector<HTMLElement>(`.sequence[data-attempt-id="${attemptId}"]`);
}

/** Show what holds while there is time, or what holds without. */
export function showTimeOver(attemptId: number, isOver: boolean): void {
  const screen = screenOf(attemptId);
  if (!screen) return;
  const focused = document.activeElement;
  for (const one of screen.querySelectorAll<HTMLElement>('[data-time]')) one.hidden = (one.dataset.time === 'over') !== isOver;
  if (focused instanceof HTMLElement && focused.hidden) screen.querySelector<HTMLElement>('h3')?.focus({ preventScroll: true });
}

/** Say how many answers were typed and not submitted; then the way back is the main one. */
export function showUnsubmitted(attemptId: number, count: number): void {
  const screen = screenOf(attemptId);
  const note = screen?.querySelector('.px-note[data-time="left"] > div');
  if (!screen || !note) return;
  note.querySelector('strong')?.remove();
  if (count) {
    const text = ngettext('{count} answer is not submitted', '{count} answers are not submitted', count);
    note.prepend(Object.assign(document.createElement('strong'), { textContent: fill(text, { count: String(count) }) }));
  }
  screen.querySelector('[data-action="start"]')?.classList.toggle('px-button--second', !count);
  screen.querySelector('[data-action="submit"]')?.classList.toggle('px-button--danger', count > 0);
}
