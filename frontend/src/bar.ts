// The mark-up of the timer bar: the host's template if there is one, else our own, with the same hooks.

import type { Announcement } from './announcements';
import type { Breaks } from './breaks';
import { gettext } from './gettext';
import type { Invigilated } from './invigilation';
import type { Pause } from './pause';
import { adoptStyles } from './styles';
import { duration, fill, timeOfDay } from './words';

export type Level = '' | 'warning' | 'critical';

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
  other_exams?: { exam_display_name: string; exam_url_path: string | null }[];
  breaks?: Breaks;
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

/** "5 minutes left", rounded up as clocks do; from 0 on, that the time is over. */
function flagText(seconds: number): string {
  if (seconds <= 0) return gettext('Your time is over');
  return fill(gettext('{time} left'), { time: duration(seconds > 60 ? Math.ceil(seconds / 60) * 60 : Math.ceil(seconds)) });
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
  const time = make('div', { className: 'px-bar__time' });
  time.append(
    make('span', { className: 'px-bar__flag', hidden: true, dir: 'auto' }),
    clockBox,
    make('button', { type: 'button', id: 'toggle_timer', className: 'px-button px-button--quiet', textContent: gettext('Hide the timer') }, { 'aria-pressed': 'false' }),
  );
  row.append(text, make('span', { className: 'px-bar__saved' }), time);
  const end = make('button', { type: 'button', className: 'exam-button-turn-in-exam px-button px-button--second', textContent: endText(data) });
  if (data.attempt_status !== 'ready_to_submit') row.append(end);
  root.classList.add('px', 'px-bar');
  root.setAttribute('role', 'region');
  root.setAttribute('aria-label', gettext('Exam timer'));
  root.replaceChildren(row, make('p', { className: 'px-sr sr timer-announce' }, { 'aria-live': 'polite' }));
}

/** If two exams are running, the button names the exam that it ends. */
function endText(data: Data): string {
  return data.other_exams?.length ? fill(gettext('End {exam}'), { exam: data.exam_display_name }) : gettext('End my exam');
}

const NOTES = ['timer-connection', 'timer-session', 'timer-announcement', 'timer-change', 'timer-other'];
const KINDS = ['warn', 'bad', 'info', 'good', 'warn'];
const FLAG_SECONDS = 300;

/** The bar in the page. */
export class Bar {
  private readonly own: boolean;
  private top = 0;
  private sizes?: ResizeObserver;
  private readonly follow = () => this.stick();

  constructor(
    private readonly root: HTMLElement,
    data: Data,
    onEnd: (button: HTMLButtonElement) => void,
  ) {
    adoptStyles();
    this.own = !hostMarkup(root, data);
    if (this.own) ownMarkup(root, data);
    this.measure();
    this.nameOthers(data);
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

  private nameOthers(data: Data): void {
    const [other] = data.other_exams ?? [];
    if (!other) return;
    const texts = { other: other.exam_display_name, exam: data.exam_display_name };
    const line = this.line('timer-other', fill(gettext('Another exam of yours is running, too: {other}. The clock here is for {exam}.'), texts));
    if (other.exam_url_path) line.append(make('a', { className: 'px-button px-button--second', href: other.exam_url_path, textContent: fill(gettext('Go to {exam}'), { exam: other.exam_display_name }) }));
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

  /** Show the time and its level: by colour, edge, and words. */
  show(seconds: number, level: Level): void {
    const time = this.one('#time_remaining_id b');
    if (time) time.textContent = clock(seconds);
    const { classList } = this.bar;
    classList.toggle('low-time', level !== '');
    classList.toggle('warning', level === 'warning');
    classList.toggle('critical', level === 'critical');
    if (this.own) this.root.dataset.level = level || 'normal';
    this.flag(level || seconds <= FLAG_SECONDS ? flagText(seconds) : '');
  }

  private flag(text: string): void {
    let flag = this.one('.px-bar__flag');
    if (!flag && text) {
      flag = make('span', { className: 'px px-bar__flag', dir: 'auto' }); // in a host's bar
      this.bar.append(flag);
    }
    if (!flag) return;
    if (flag.textContent !== text) flag.textContent = text;
    const isHidden = text === '';
    if (flag.hidden !== isHidden) this.inPlace(() => (flag.hidden = isHidden)); // it may wrap the row
  }

  /** Announce the text; show it only if the mark-up has a place for it. */
  say(text: string): void {
    const live = this.one('.timer-announce');
    if (live) live.textContent = text;
  }

  /** Show and announce a change of the time, until the next one. */
  note(text: string): void {
    this.line('timer-change', text);
  }

  /** Show or remove the note that the server cannot be reached. */
  connection(present: boolean): void {
    const was = !this.bar.classList.contains('offline');
    this.bar.classList.toggle('offline', !present);
    if (present && was) return;
    this.line('timer-connection', present ? '' : gettext('No connection. Go on working on this page: your time goes on. We keep trying; submit your answers when the connection is back.'));
    if (present) this.say(gettext('The connection is back.'));
  }

  /** Show that the session has ended; typed text stays on the page. */
  signedOut(yes: boolean): void {
    if (!yes && !this.one('.timer-session')) return;
    this.line('timer-session', yes ? gettext('You have been signed out. Sign in again in a new window, then come back here. What you typed stays on this page.') : '');
  }

  /**
   * Announce a message of the invigilator and show it until the learner has read it; without a message, remove the
   * line.
   */
  announcement(message?: Announcement, onRead?: () => void): void {
    const box = this.line('timer-announcement', message?.text ?? '');
    if (!message) return;
    // Not a live region of its own: text that comes together with its region is often not read out.
    box.parentElement?.setAttribute('role', 'group');
    const title = message.at ? fill(gettext('From the invigilator, {time}'), { time: timeOfDay(message.at) }) : gettext('From the invigilator');
    box.parentElement?.setAttribute('aria-label', title);
    // The text may have another direction than the page.
    box.firstElementChild?.replaceChildren(make('b', { textContent: title }), make('br'), make('bdi', { textContent: message.text }));
    const button = make('button', { type: 'button', className: 'px-button px-button--second', textContent: gettext('I have read this') });
    button.addEventListener('click', () => {
      this.line('timer-announcement', '');
      onRead?.();
    });
    box.append(button);
    this.say(`${title}: ${message.text}`);
  }

  /** Show the number of typed answers that were not submitted. */
  unsaved(count: number): void {
    const place = this.one('.px-bar__saved');
    if (!place) return;
    place.dataset.saved = count ? 'no' : 'yes';
    place.textContent = count ? fill(gettext('Answers not submitted: {count}'), { count: String(count) }) : gettext('All typed answers submitted');
  }

  /** Set the line of a note: created if missing, ordered by importance, removed without a text. */
  private line(name: string, text: string): HTMLElement {
    const rank = NOTES.indexOf(name);
    const box = make('div');
    if (text) box.append(make('p', { textContent: text }));
    this.inPlace(() => {
      let note = this.one(`.${name}`);
      if (!note) {
        note = make('div', { className: `px px-bar__note px-bar__note--${KINDS[rank]} ${name}` }, { role: 'status' });
        const after = NOTES.slice(rank + 1).map((other) => this.one(`.${other}`)).find(Boolean);
        this.root.insertBefore(note, after ?? null);
      }
      note.replaceChildren(box);
      if (!text) note.remove();
    });
    return box;
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
    if (!this.own) button.setAttribute('aria-label', gettext('Hide the timer'));
    const set = (hidden: boolean) => {
      time.classList.toggle('timer-hidden', hidden);
      (this.own ? time : digits).hidden = hidden; // hosts have the button in the same element
      button.setAttribute('aria-pressed', String(hidden));
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
