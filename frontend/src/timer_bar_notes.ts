// The notes below the row of the timer bar: one line each, ordered by importance.

import type { Announcement } from './announcements';
import { closeQuestion } from './dialog';
import { gettext, ngettext } from './gettext';
import { type IconName, icon } from './icons';
import { duration, fill, timeOfDay } from './format';

const KINDS = {
  'timer-connection': ['warn', 'offline'],
  'timer-session': ['bad', 'person'],
  'timer-announcement': ['info', 'speaker'],
  'timer-over': ['info', 'hourglass'],
  'timer-change': ['good', 'plus'],
  'timer-other': ['warn', 'clock'],
  'timer-back': ['good', 'check'],
} satisfies Record<string, [string, IconName]>;

type Name = keyof typeof KINDS;

const NAMES = Object.keys(KINDS) as Name[];

/** Notes that are announced when they appear; of the others, only the text is announced, once. */
const LIVE: Name[] = ['timer-session'];

/** The first sentence, which is emphasised, and the rest. */
type Words = [lead: string, rest: string];

function joined(words: Words): string {
  return words.filter(Boolean).join(' ');
}

function inWords([lead, rest]: Words): (Node | string)[] {
  const strong = Object.assign(document.createElement('b'), { textContent: lead });
  return rest ? [strong, ` ${rest}`] : [strong];
}

/** The functions of the bar that the notes use. */
export interface Place {
  /** Let the bar grow without moving what a learner is about to press. */
  inPlace: (change: () => unknown) => void;
  /** Announce the text. */
  say: (text: string) => void;
}

export class Notes {
  private lostAt?: Date; // since when there is no connection
  private isOver = false; // whether the time has ended

  constructor(private readonly root: HTMLElement, private readonly place: Place) {}

  /** Show and announce a change of the time, until it is read or the next one comes. */
  change(lead: string, text = '', isAdded = true): void {
    const note = this.put('timer-change', [lead, text], this.closing('timer-change'));
    if (!isAdded) note.querySelector('svg')?.replaceWith(icon('minus'));
    this.place.say(joined([lead, text]));
  }

  /** Show and announce which other exam of the learner is running; called again, it only changes the text. */
  other(text: string, link?: { text: string; url: string }): void {
    const lead = gettext('Another exam of yours is running, too.');
    const shown = this.root.querySelector('.timer-other p');
    if (shown) return shown.replaceChildren(...inWords([lead, text]));
    const go = Object.assign(document.createElement('a'), { className: 'px-button px-button--second', href: link?.url ?? '', textContent: link?.text ?? '' });
    this.put('timer-other', [lead, text], link && go);
    this.place.say(joined([lead, text]));
  }

  /** Show that the session has ended; typed text stays on the page. */
  signedOut(yes: boolean): void {
    const rest = gettext('Sign in again in a new window, then come back here. What you typed stays on this page.');
    if (yes) this.put('timer-session', [gettext('You have been signed out.'), rest]);
    else this.drop('timer-session');
  }

  /** Show and announce the end of the time; without it, that the time goes on, as it has been extended. */
  over(yes: boolean): void {
    if (this.isOver === yes) return;
    this.isOver = yes;
    if (this.lostAt) this.connection(this.lostAt);
    if (!yes) return this.drop('timer-over');
    this.drop('timer-change'); // it names an end that has passed
    closeQuestion();
    this.place.say(joined(this.end()));
  }

  /** Show that the time is over, and when the page continues. */
  private end(): Words {
    const rest = this.lostAt
      ? gettext('What you have submitted counts; this page continues when the connection is back.')
      : gettext('What you have submitted counts; this page continues in a moment.');
    const words: Words = [gettext('Your time is over.'), rest];
    this.put('timer-over', words, this.closing('timer-over'));
    return words;
  }

  /** Write the note anew, unless it has been closed. */
  private endAnew(): void {
    if (this.root.querySelector('.timer-over')) this.end();
  }

  /** Show that there is no connection, since the first call. */
  disconnected(): void {
    if (this.lostAt) return;
    this.lostAt = new Date();
    this.drop('timer-back');
    this.place.say(joined(this.connection(this.lostAt)));
    this.endAnew();
  }

  private connection(lostAt: Date): Words {
    const lead = fill(gettext('No connection since {time}.'), { time: timeOfDay(lostAt, true) });
    const text = gettext('Go on working on this page: your clock goes on. Submit your answers when the connection is back.');
    const words: Words = [lead, this.isOver ? '' : text];
    this.put('timer-connection', words, Object.assign(document.createElement('span'), { className: 'px-bar__aside px-small' }));
    return words;
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
    this.endAnew();
    const text = gettext('You are connected again.');
    const rest = fill(ngettext('{count} answer is not submitted yet.', '{count} answers are not submitted yet.', unsaved), { count: String(unsaved) });
    const go = button(gettext('Go to the answer'), () => {
      this.drop('timer-back');
      show();
    });
    const words: Words = [text, unsaved ? rest : ''];
    this.put('timer-back', words, unsaved ? go : this.closing('timer-back'));
    this.place.say(joined(words));
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
    const note = this.put('timer-announcement', [title, message.text], read);
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
  private put(name: Name, text: Words, ...more: (HTMLElement | undefined)[]): HTMLElement {
    const [kind, shape] = KINDS[name];
    const box = document.createElement('div');
    const words = document.createElement('p');
    words.append(...inWords(text));
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
