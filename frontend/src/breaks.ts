// Breaks of learners: the button in the timer bar, and functions for the cover and the break's screen.

import { confirmed } from './dialog';
import { gettext } from './gettext';
import { send } from './http';
import { icon } from './icons';
import { pending, navigation } from './page';
import { isDisabled } from './time_over';
import { duration, fill } from './format';

/** The server's data about the learner's breaks. */
export interface Breaks {
  left: number;
  seconds_left: number;
  longest: number;
  ends_in: number; // seconds of the break that is open
  begin_url: string;
  end_url: string;
}

function newKey(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

/** Send a request with its own key, so that a repetition after a lost response changes nothing. */
export function changeBreak(url: string): Promise<unknown> {
  return send('POST', url, {}, { 'Idempotency-Key': newKey() });
}

/** 90 seconds are 1:30. */
export function shortClock(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
}

/** The explanation of a break, shown before it begins. */
export function breakQuestion({ seconds_left: left, longest }: Breaks): string {
  const text = gettext('You have {left} left for breaks, and this one can last up to {longest}. During a break your clock stands still and your questions are hidden. Submit your answers first.');
  return fill(text, { left: duration(left), longest: duration(longest) });
}

function mayBegin(breaks: Breaks): Promise<boolean> {
  const labels = { agree: gettext('Begin the break'), stay: gettext('Not now'), noHarm: true };
  return confirmed(gettext('Take a break now?'), breakQuestion(breaks), labels);
}

/** The button that asks before a break begins; it is in the bar only while one may begin. */
export class BreakButton {
  private button?: HTMLButtonElement;
  private breaks?: Breaks;

  constructor(private readonly bar: HTMLElement, private readonly begin: (url: string) => Promise<void>) {}

  show(breaks: Breaks | undefined): void {
    if (!breaks || breaks.left < 1 || breaks.longest < 1) {
      this.button?.remove();
      this.button = undefined;
      return;
    }
    this.breaks = breaks;
    if (!this.button?.isConnected) this.put();
  }

  private put(): void {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'proctoring-break-button btn';
    button.title = gettext('Take a break…'); // narrow bars show only the icon
    button.append(icon('cup'), Object.assign(document.createElement('span'), { textContent: button.title }));
    button.setAttribute('aria-haspopup', 'dialog');
    // Beside the clock in our own mark-up; last in a host's.
    const toggle = this.bar.querySelector('.px-bar__time #toggle_timer');
    if (toggle) button.className = 'proctoring-break-button px-button px-button--quiet px-bar__tool px-bar__pause';
    button.addEventListener('click', (event) => {
      event.preventDefault();
      void this.ask(button);
    });
    if (toggle) toggle.after(button);
    else this.bar.append(button);
    this.button = button;
  }

  private async ask(button: HTMLButtonElement): Promise<void> {
    if (isDisabled(button) || !(await mayBegin(this.breaks!)) || isDisabled(button)) return;
    await pending(button, () => this.begin(this.breaks!.begin_url));
    button.disabled = false;
    button.removeAttribute('aria-busy');
    button.removeAttribute('aria-disabled');
  }
}

/** Count down to the end of a break, in the element; `done` is called once at its end. */
export function countDown(element: HTMLElement, seconds: number, done: () => void): () => void {
  const endsAt = performance.now() + seconds * 1000;
  const show = () => {
    const left = (endsAt - performance.now()) / 1000;
    element.textContent = shortClock(left);
    if (left <= 0) {
      clearInterval(timer);
      done();
    }
  };
  const timer = setInterval(show, 1000);
  show();
  return () => clearInterval(timer);
}

/** The screen of a break, after a reload of the page. */
export function bindBreakScreen(): void {
  const screen = document.querySelector<HTMLElement>('.sequence[data-screen="break"]');
  const left = screen?.querySelector<HTMLElement>('.proctoring-break-left');
  if (!screen || !left || left.dataset.counts) return;
  left.dataset.counts = 'yes';
  countDown(left, Number(screen.dataset.breakSeconds), () => navigation.reload());
}

export function endBreakFromScreen(button: HTMLButtonElement): Promise<void> {
  return pending(button, async () => {
    await changeBreak(button.closest<HTMLElement>('.sequence')?.dataset.endBreakUrl ?? '');
    navigation.reload();
  });
}
