// The notes below the row of the timer bar: one line each, ordered by importance.

import type { Announcement } from './announcements';
import { gettext, ngettext } from './gettext';
import { type IconName, icon } from './icons';
import { duration, fill, timeOfDay } from './words';

const KINDS = {
  'timer-connection': ['warn', 'offline'],
  'timer-session': ['bad', 'person'],
  'timer-announcement': ['info', 'speaker'],
  'timer-change': ['good', 'plus'],
  'timer-other': ['warn', 'clock'],
  'timer-back': ['good', 'check'],
} satisfies Record<string, [string, IconName]>;

type Name = keyof typeof KINDS;

const NAMES = Object.keys(KINDS) as Name[];

/** Notes that are announced when they appear; of the others, only the text is announced, once. */
const LIVE: Name[] = ['timer-session', 'timer-other'];

/** The functions of the bar that the notes use. */
export interface Place {
  /** Let the bar grow without moving what a learner is about to press. */
  inPlace: (change: () => unknown) => void;
  /** Announce the text. */
  say: (text: string) => void;
}

export class Notes {
  private lostAt?: Date; // since when there is no connection

  constructor(private readonly root: HTMLElement, private readonly place: Place) {}

  /** Show and announce a change of the time, until it is read or the next one comes. */
  change(text: string): void {
    this.put('timer-change', text, this.closing('timer-change'));
    this.place.say(text);
  }

  /** Show which other exam of the learner is running. */
  other(text: string, link?: { text: string; url: string }): void {
    const go = Object.assign(document.createElement('a'), { className: 'px-button px-button--second', href: link?.url ?? '', textContent: link?.text ?? '' });
    this.put('timer-other', text, link && go);
  }

  /** Show that the session has ended; typed text stays on the page. */
  signedOut(yes: boolean): void {
    if (yes) this.put('timer-session', gettext('You have been signed out. Sign in again in a new window, then come back here. What you typed stays on this page.'));
    else this.drop('timer-session');
  }

  /** Show that there is no connection, since the first call. */
  disconnected(): void {
    if (this.lostAt) return;
    this.lostAt = new Date();
    this.drop('timer-back');
    const text = fill(gettext('No connection since {time}. Go on working on this page: your time goes on. Submit your answers when the connection is back.'), { time: timeOfDay(this.lostAt, true) });
    const next = Object.assign(document.createElement('span'), { className: 'px-bar__aside px-small' });
    this.put('timer-connection', text, next);
    this.place.say(text);
  }

  /** Show in how many seconds the next request is sent; 0 during a request. */
  nextTry(seconds: number): void {
    const next = this.root.querySelector('.timer-connection .px-bar__aside');
    if (next) next.textContent = seconds > 0 ? fill(gettext('Next try in {time}.'), { time: duration(seconds) }) : gettext('Trying…');
  }

  /** Show that the connection is back, and which answers are not submitted yet. */
  connected(unsaved: number, show: () => void): void {
    if (!this.lostAt) return;
    this.lostAt = undefined;
    this.drop('timer-connection');
    const text = gettext('You are connected again.');
    const rest = fill(ngettext('{count} answer is not submitted yet.', '{count} answers are not submitted yet.', unsaved), { count: String(unsaved) });
    const go = button(gettext('Go to the answer'), () => {
      this.drop('timer-back');
      show();
    });
    this.put('timer-back', unsaved ? `${text} ${rest}` : text, unsaved ? go : this.closing('timer-back'));
    this.place.say(unsaved ? `${text} ${rest}` : text);
  }

  /**
   * Announce a message of the invigilator and show it until the learner has read it; without a message, remove the
   * line.
   */
  announcement(message?: Announcement, onRead?: () => void): void {
    if (!message) return this.drop('timer-announcement');
    const title = message.at ? fill(gettext('From the invigilator, {time}'), { time: timeOfDay(message.at) }) : gettext('From the invigilator');
    const read = button(gettext('I have read this'), () => {
      this.drop('timer-announcement');
      onRead?.();
    });
    read.prepend(icon('check'));
    const note = this.put('timer-announcement', message.text, read);
    note.setAttribute('role', 'group');
    note.setAttribute('aria-label', title);
    // The text may have another direction than the page.
    const text = Object.assign(document.createElement('bdi'), { textContent: message.text });
    note.querySelector('p')?.replaceChildren(Object.assign(document.createElement('b'), { textContent: title }), document.createElement('br'), text);
    this.place.say(`${title}: ${message.text}`);
  }

  private closing(name: Name): HTMLButtonElement {
    return button(gettext('All right'), () => this.drop(name));
  }

  /** Set the line of a note: created if missing, ordered by importance. */
  private put(name: Name, text: string, ...more: (HTMLElement | undefined)[]): HTMLElement {
    const [kind, shape] = KINDS[name];
    const box = document.createElement('div');
    const words = Object.assign(document.createElement('p'), { textContent: text });
    if (LIVE.includes(name)) words.setAttribute('role', 'status');
    box.append(icon(shape), words, ...more.filter((one): one is HTMLElement => Boolean(one)));
    let note = this.root.querySelector<HTMLElement>(`.${name}`);
    this.place.inPlace(() => {
      note ??= this.insert(name, kind);
      note.replaceChildren(box);
    });
    return note!;
  }

  private insert(name: Name, kind: string): HTMLElement {
    const note = Object.assign(document.createElement('div'), { className: `px px-bar__note px-bar__note--${kind} ${name}` });
    const after = NAMES.slice(NAMES.indexOf(name) + 1).map((other) => this.root.querySelector(`.${other}`)).find(Boolean);
    this.root.insertBefore(note, after ?? null);
    return note;
  }

  private drop(name: Name): void {
    this.root.querySelector(`.${name}`)?.remove();
  }
}

function button(text: string, press: () => void): HTMLButtonElement {
  const made = Object.assign(document.createElement('button'), { type: 'button', className: 'px-button px-button--second', textContent: text });
  made.addEventListener('click', press);
  return made;
}
