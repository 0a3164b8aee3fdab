// The mark-up of the timer bar: the host's template where it gives one, else our own, driven by the same hooks.

import { gettext } from './page';
import type { Pause } from './pause';

export type Level = '' | 'warning' | 'critical';

/** What the server says about the learner's running attempt. */
export interface Data {
  in_timed_exam: boolean;
  taking_as_proctored: boolean;
  exam_type: string;
  exam_display_name: string;
  exam_url_path: string;
  course_id: string;
  time_remaining_seconds: number;
  low_threshold_sec: number;
  critically_low_threshold_sec: number;
  accessibility_time_string: string;
  attempt_id: number;
  attempt_status: string;
  exam_started_poll_url: string;
  external_id: string | null;
  desktop_application_js_url: string;
  ping_interval?: number;
  paused?: Pause;
}

interface Underscore {
  template(text: string): (data: object) => string;
}

const NARROW_PIXELS = 992;

export function clock(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  return `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name]);
  return element;
}

/** Render the host's template; false where there is none, or where a security policy forbids to compile it. */
function hostMarkup(root: HTMLElement, data: Data): boolean {
  const text = document.querySelector('script#proctored-exam-status-tpl')?.textContent?.trim();
  const underscore = (window as unknown as { _?: Underscore })._;
  if (!text || !underscore?.template) return false;
  try {
    root.innerHTML = underscore.template(text)(data);
  } catch {
    return false;
  }
  return root.querySelector('.exam-timer #time_remaining_id b') !== null;
}

function ownMarkup(root: HTMLElement, data: Data): void {
  const bar = make('div', { className: 'exam-timer' }, { role: 'region', 'aria-label': gettext('Exam timer') });
  const text = make('span', { className: 'exam-text js-exam-text' });
  text.append(make('a', { href: data.exam_url_path, textContent: data.exam_display_name }), ` (${data.exam_type})`);
  const time = make('h3', { id: 'time_remaining_id' });
  time.append(make('b', {}, { role: 'timer' }));
  const toggle = make('button', { type: 'button', id: 'toggle_timer' }, { 'aria-pressed': 'false' });
  const end = make('button', {
    type: 'button',
    className: 'exam-button-turn-in-exam btn btn-pl-primary',
    textContent: gettext('End my exam'),
  });
  bar.append(text, time, make('span', { className: 'sr timer-announce' }, { 'aria-live': 'polite' }), toggle);
  if (data.attempt_status !== 'ready_to_submit') bar.append(end);
  root.replaceChildren(bar);
}

/** The bar in the page. */
export class Bar {
  private readonly own: boolean;
  private top = 0;
  private readonly follow = () => this.stick();

  constructor(
    private readonly root: HTMLElement,
    data: Data,
    onEnd: (button: HTMLButtonElement) => void,
  ) {
    this.own = !hostMarkup(root, data);
    if (this.own) ownMarkup(root, data);
    this.all<HTMLButtonElement>('.exam-button-turn-in-exam').forEach((button) => {
      button.addEventListener('click', (event) => {
        event.preventDefault();
        onEnd(button);
      });
    });
    this.wireToggle();
    this.wireText();
    this.top = this.bar.getBoundingClientRect().top + window.scrollY;
    window.addEventListener('scroll', this.follow, { passive: true });
  }

  stop(): void {
    window.removeEventListener('scroll', this.follow);
  }

  private get bar(): HTMLElement {
    return this.one('.exam-timer') ?? this.root;
  }

  private one<T extends HTMLElement>(selector: string): T | null {
    return this.root.querySelector<T>(selector);
  }

  private all<T extends HTMLElement>(selector: string): NodeListOf<T> {
    return this.root.querySelectorAll<T>(selector);
  }

  show(seconds: number, level: Level): void {
    const time = this.one('#time_remaining_id b');
    if (time) time.textContent = clock(seconds);
    const { classList } = this.bar;
    classList.toggle('low-time', level !== '');
    classList.toggle('warning', level === 'warning');
    classList.toggle('critical', level === 'critical');
  }

  /** Have it read out; on the page only where there is a place for it. */
  say(text: string): void {
    const live = this.one('.timer-announce');
    if (live) live.textContent = text;
  }

  /** Show a change of the time, and have it read out, until the next one. */
  note(text: string): void {
    this.status('timer-change', text);
  }

  /** Is the server within reach? If not, say so where it can be seen. */
  connection(present: boolean): void {
    this.bar.classList.toggle('offline', !present);
    if (present && !this.one('.timer-connection')) return;
    this.status('timer-connection', present ? '' : gettext('No connection. The time goes on; we keep trying.'));
  }

  private status(name: string, text: string): void {
    let line = this.one(`.${name}`);
    if (!line) {
      line = make('span', { className: name }, { role: 'status' });
      this.bar.append(line);
    }
    line.textContent = text;
  }

  private wireToggle(): void {
    const button = this.one<HTMLButtonElement>('#toggle_timer');
    const time = this.one('#time_remaining_id');
    const digits = this.one('#time_remaining_id b');
    if (!button || !time || !digits) return;
    const set = (hidden: boolean) => {
      time.classList.toggle('timer-hidden', hidden);
      (this.own ? time : digits).hidden = hidden; // hosts have the button in the same element
      button.setAttribute('aria-pressed', String(hidden));
      const label = hidden ? gettext('Show the timer') : gettext('Hide the timer');
      if (this.own) button.textContent = label;
      else button.setAttribute('aria-label', label);
      const icon = button.querySelector('i');
      icon?.classList.toggle('fa-eye', hidden);
      icon?.classList.toggle('fa-eye-slash', !hidden);
    };
    set(false);
    button.addEventListener('click', (event) => {
      event.preventDefault();
      set(button.getAttribute('aria-pressed') !== 'true');
    });
  }

  private wireText(): void {
    const more = this.one('.js-toggle-show-more');
    const extra = this.one('.js-exam-additional-text');
    if (!more || !extra) return;
    const set = (open: boolean) => {
      extra.hidden = !open;
      more.setAttribute('aria-expanded', String(open));
      more.textContent = (open ? more.dataset.showLessText : more.dataset.showMoreText) ?? more.textContent;
    };
    set(window.innerWidth >= NARROW_PIXELS);
    more.addEventListener('click', (event) => {
      event.preventDefault();
      set(extra.hidden);
    });
  }

  /** Scrolled away, the bar becomes fixed, and what is below it keeps its place. */
  private stick(): void {
    const fixed = window.scrollY > this.top;
    this.bar.classList.toggle('is-fixed', fixed);
    const below = document.querySelector<HTMLElement>('.wrapper-course-material, .course-tabs');
    if (below) below.style.marginTop = fixed ? `${this.bar.offsetHeight}px` : '';
  }
}
