// The mark-up of the timer bar: the host's template if there is one, else our own, with the same hooks.

import type { Breaks } from './breaks';
import { gettext, ngettext } from './gettext';
import { type IconName, icon } from './icons';
import type { Invigilated } from './invigilation';
import { Notes } from './timer_bar_notes';
import type { Pause } from './pause_cover';
import { adoptStyles } from './styles';
import { showTimeOver, showUnsubmitted } from './submit_page';
import { disableWithoutTime, isDisabled } from './time_over';
import { duration, fill, isolated } from './format';

export type Level = '' | 'warning' | 'critical';

/** Why the clock stands still. */
export type Stop = 'pause' | 'break';

/** What the server says about the learner's running attempt. */
export interface Data extends Invigilated {
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
  other_exams?: OtherExam[];
  breaks?: Breaks;
}

interface OtherExam {
  exam_display_name: string;
  exam_url_path: string | null;
  time_remaining_seconds: number;
  is_paused: boolean;
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

/** "5 minutes left", rounded up to minutes, and below a minute to the clock's second; from 0 on, that the time is over. */
function flagText(seconds: number): string {
  if (seconds <= 0) return gettext('Your time is over');
  const left = Math.max(1, Math.floor(seconds)); // the second that the clock beside it shows
  return fill(gettext('{time} left'), { time: duration(left > 60 ? Math.ceil(left / 60) * 60 : left) });
}

const FLAG_ICONS: Record<Level | Stop, IconName> = { '': 'hourglass', warning: 'hourglass', critical: 'warning', pause: 'pause', break: 'cup' };

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name]);
  return element;
}

/** Render the host's template; false if there is none, or if a content security policy forbids to compile it. */
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

/** The elements of the bar: a row, the notes below it, and the live region. */
function ownMarkup(root: HTMLElement, data: Data): void {
  const row = make('div', { className: 'exam-timer px-bar__fill px-bar__row px-bar__row--main' });
  const text = make('p', { className: 'px-bar__exam exam-text js-exam-text' });
  text.append(make('a', { href: data.exam_url_path, textContent: data.exam_display_name }), ' ', make('span', { textContent: data.exam_type }));
  const clockBox = make('h3', { className: 'px-bar__clock', id: 'time_remaining_id' });
  clockBox.append(make('small', { textContent: gettext('Time left') }, { 'aria-hidden': 'true' }), make('b', {}, { role: 'timer', 'aria-label': gettext('Time left') }));
  const toggle = make('button', { type: 'button', id: 'toggle_timer', className: 'px-button px-button--quiet px-bar__tool', title: gettext('Hide the clock') }, { 'aria-pressed': 'false' });
  toggle.append(icon('eye'), make('span', { textContent: toggle.title }));
  const time = make('div', { className: 'px-bar__time' });
  time.append(make('span', { className: 'px-bar__flag', hidden: true }), clockBox, toggle);
  row.append(text, make('span', { className: 'px-bar__saved' }), time);
  const end = make('button', { type: 'button', className: 'exam-button-turn-in-exam px-button px-button--second', dir: 'auto', textContent: endText(data) });
  if (data.attempt_status !== 'ready_to_submit') row.append(end);
  root.classList.add('px', 'px-bar');
  root.setAttribute('role', 'region');
  root.setAttribute('aria-label', gettext('Exam timer'));
  root.replaceChildren(row, make('p', { className: 'px-sr sr timer-announce' }, { 'aria-live': 'polite' }));
}

/** If two exams are running, the button names the exam that it ends. */
function endText(data: Data): string {
  return data.other_exams?.length ? fill(gettext('End {exam}…'), { exam: isolated(data.exam_display_name) }) : gettext('End the exam…');
}

const FLAG_SECONDS = 300;
const MINUTE_SECONDS = 60;
const LAST_SECONDS = 30; // less is not a minute: a page opened this late says the seconds
const TOGETHER_MS = 50;
const HIDDEN = 'proctoring-clock-hidden'; // of this attempt, on all pages of the window

/** The attempt whose clock is hidden. */
function remembered(): string {
  try {
    return sessionStorage.getItem(HIDDEN) ?? '';
  } catch {
    return ''; // storage is forbidden: each page shows the clock
  }
}

function remember(attempt: string): void {
  try {
    sessionStorage.setItem(HIDDEN, attempt);
  } catch {
    // storage is forbidden: the next page shows the clock
  }
}

/** The bar in the page. */
export class Bar {
  readonly notes: Notes;
  private readonly own: boolean;
  private top = 0;
  private lastMinuteSaid = false;
  private otherMinutes?: number; // that the note shows
  private readonly loadedAt = performance.now();
  private saidAt = -Infinity;
  private sizes?: ResizeObserver;
  private readonly follow = () => this.stick();

  constructor(
    private readonly root: HTMLElement,
    private readonly data: Data,
    onEnd: (button: HTMLButtonElement) => void,
  ) {
    adoptStyles();
    this.own = !hostMarkup(root, data);
    if (this.own) ownMarkup(root, data);
    this.notes = new Notes(root, { inPlace: (change) => this.inPlace(change), say: (text) => this.say(text) });
    this.measure();
    this.nameOthers();
    this.all<HTMLButtonElement>('.exam-button-turn-in-exam').forEach((button) => {
      button.addEventListener('click', (event) => {
        event.preventDefault();
        if (!isDisabled(button)) onEnd(button);
      });
    });
    this.wireToggle();
    this.wireText();
    this.top = this.bar.getBoundingClientRect().top + window.scrollY;
    window.addEventListener('scroll', this.follow, { passive: true });
  }

  stop(): void {
    window.removeEventListener('scroll', this.follow);
    this.sizes?.disconnect();
    delete document.documentElement.dataset.pxBar;
  }

  /** Use the height of the bar as scroll padding, so that the focus is never below the bar. */
  private measure(): void {
    document.documentElement.dataset.pxBar = '';
    if (typeof ResizeObserver !== 'function') return;
    this.sizes = new ResizeObserver(() => {
      document.documentElement.style.setProperty('--px-bar-size', `${this.root.offsetHeight}px`);
    });
    this.sizes.observe(this.root);
  }

  /** Name the other exam that runs, with its time in minutes. */
  private nameOthers(): void {
    const { data } = this;
    const [other] = data.other_exams ?? [];
    if (!other || !(other.time_remaining_seconds >= 0)) return;
    const [name, here] = [isolated(other.exam_display_name), isolated(data.exam_display_name)];
    const passed = other.is_paused ? 0 : (performance.now() - this.loadedAt) / 1000;
    const minutes = Math.ceil(Math.max(0, other.time_remaining_seconds - passed) / 60);
    if (this.otherMinutes === minutes) return;
    this.otherMinutes = minutes;
    const time = duration(minutes * 60);
    const text = fill(gettext('{other}: {time} left. The clock above is for {exam}.'), { other: name, time, exam: here });
    const url = other.exam_url_path;
    this.notes.other(text, url ? { url, text: fill(gettext('Go to {exam}'), { exam: name }) } : undefined);
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

  /** Show the time and its level: by colour, edge, words and shape. */
  show(seconds: number, level: Level, stop?: Stop): void {
    this.nameOthers();
    this.lastMinute(seconds, stop);
    this.offer(seconds > 0);
    const time = this.one('#time_remaining_id b');
    if (time) time.textContent = clock(seconds);
    const { classList } = this.bar;
    classList.toggle('low-time', level !== '');
    classList.toggle('warning', level === 'warning');
    classList.toggle('critical', level === 'critical');
    if (this.own) this.root.dataset.level = stop ? 'stopped' : level || 'normal';
    if (stop) this.flag(stop === 'break' ? gettext('Break') : gettext('Paused'), stop);
    else this.flag(level || seconds <= FLAG_SECONDS ? flagText(seconds) : '', level);
  }

  /** Without time there is nothing to end and nothing to come back to from a break. */
  private offer(isTime: boolean): void {
    disableWithoutTime(this.all('.exam-button-turn-in-exam, .proctoring-break-button'), !isTime);
    showTimeOver(this.data.attempt_id, !isTime);
  }

  /** Announce the last minute once, also to learners who have hidden the clock. */
  private lastMinute(seconds: number, stop?: Stop): void {
    if (seconds > MINUTE_SECONDS) this.lastMinuteSaid = false;
    if (stop || this.lastMinuteSaid || seconds > MINUTE_SECONDS || seconds <= LAST_SECONDS) return;
    this.lastMinuteSaid = true;
    this.say(gettext('1 minute left. Submit your last answers now.'));
  }

  private flag(text: string, kind: Level | Stop): void {
    let flag = this.one('.px-bar__flag');
    if (!flag && text) {
      flag = make('span', { className: 'px px-bar__flag' }); // in a host's bar
      this.bar.append(flag);
    }
    if (!flag) return;
    if (flag.textContent !== text || flag.dataset.kind !== kind) {
      flag.dataset.kind = kind;
      flag.replaceChildren(icon(FLAG_ICONS[kind]), make('bdi', { textContent: text }));
    }
    const isHidden = text === '';
    if (flag.hidden !== isHidden) this.inPlace(() => (flag.hidden = isHidden)); // it may wrap the row
  }

  /** Have it read out; on the page only where there is a place for it. Other texts of the same moment are kept. */
  say(text: string): void {
    const live = this.one('.timer-announce');
    if (!live) return;
    const isTogether = performance.now() - this.saidAt < TOGETHER_MS && live.textContent !== '';
    live.textContent = isTogether ? `${live.textContent} ${text}` : text;
    this.saidAt = performance.now();
  }

  /** Is the server within reach? If not, say so where it can be seen. `unsaved` answers are to be submitted then. */
  connection(present: boolean, unsaved: HTMLElement[] = []): void {
    this.bar.classList.toggle('offline', !present);
    if (present) this.notes.connected(unsaved.length, () => unsaved[0]?.focus());
    else this.notes.disconnected();
  }

  /** Show that the server has answered, also if only that the session has ended. */
  answered(unsaved: HTMLElement[], isSignedOut = false): void {
    this.connection(true, unsaved);
    this.notes.signedOut(isSignedOut);
  }

  /** Show the number of typed answers that were not submitted. */
  unsaved(count: number): void {
    showUnsubmitted(this.data.attempt_id, count);
    const place = this.one('.px-bar__saved');
    if (!place) return;
    place.dataset.saved = count ? 'no' : 'yes';
    const text = fill(ngettext('{count} answer not submitted', '{count} answers not submitted', count), { count: String(count) });
    place.replaceChildren(icon(count ? 'edit' : 'check'), make('span', { textContent: count ? text : gettext('All typed answers submitted') }));
  }

  /**
   * Let the bar grow without moving what a learner is about to press. Browsers do so themselves, but not at the page's
   * top.
   */
  private inPlace(change: () => unknown): void {
    const before = this.root.offsetHeight;
    const isTop = window.scrollY === 0 && getComputedStyle(this.root).position === 'sticky';
    change();
    const grown = this.root.offsetHeight - before;
    if (isTop && grown > 0) window.scrollBy({ top: grown, behavior: 'instant' });
  }

  private wireToggle(): void {
    const button = this.one<HTMLButtonElement>('#toggle_timer');
    const time = this.one('#time_remaining_id');
    const digits = this.one('#time_remaining_id b');
    if (!button || !time || !digits) return;
    // The name stays the same, because aria-pressed contains the state.
    if (!this.own) button.setAttribute('aria-label', gettext('Hide the clock'));
    const set = (hidden: boolean) => {
      time.classList.toggle('timer-hidden', hidden);
      (this.own ? time : digits).hidden = hidden; // hosts have the button in the same element
      button.setAttribute('aria-pressed', String(hidden));
      const icon = button.querySelector('i');
      icon?.classList.toggle('fa-eye', hidden);
      icon?.classList.toggle('fa-eye-slash', !hidden);
    };
    const attempt = String(this.data.attempt_id);
    set(remembered() === attempt);
    button.addEventListener('click', (event) => {
      event.preventDefault();
      const hidden = button.getAttribute('aria-pressed') !== 'true';
      set(hidden);
      remember(hidden ? attempt : '');
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
