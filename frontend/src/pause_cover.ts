// A cover over the page during a pause by staff or a break: the rest is hidden and inert, and typed text is kept.

import { countDown } from './breaks';
import { gettext, ngettext } from './gettext';
import { type IconName, icon } from './icons';
import { duration, fill, timeOfDay } from './format';

export interface Pause {
  kind?: string;
  since?: string;
  message?: string;
}

/** How the exam stands while it is paused. */
export interface Standing {
  seconds: number; // of the exam's time that are left
  unsaved: number; // answers that are typed and not submitted
}

/** The data of a break in addition to that of a pause. */
export interface OwnBreak {
  seconds: number; // that are left
  end: (button: HTMLButtonElement) => void;
  over: () => void; // its time is used up
}

const TITLE = 'proctoring-pause-title';
const TEXT = 'proctoring-pause-text';

function make(tag: string, className = '', ...content: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function fact(shape: IconName, name: string, value: Node | string, more = ''): HTMLElement {
  const box = make('div', 'px-fact', make('dt', '', icon(shape), name), make('dd', '', value));
  if (more) box.append(make('dd', '', more));
  return box;
}

function note(kind: string, shape: IconName, title: string, text: HTMLElement): HTMLElement {
  return make('div', `px-note px-note--${kind}`, icon(shape), make('div', '', make('strong', '', title), text));
}

/** Since when the clock stands still; the browser may not understand a time that a host writes. */
function sinceText({ since }: Pause): string {
  const isKnown = since !== undefined && !Number.isNaN(new Date(since).valueOf());
  return isKnown ? fill(gettext('Your clock has stood still since {time}: you lose no time.'), { time: timeOfDay(since) }) : gettext('Your clock stands still: you lose no time.');
}

function answersText(count: number): string {
  if (!count) return gettext('All typed answers submitted');
  return fill(ngettext('{count} answer not submitted', '{count} answers not submitted', count), { count: String(count) });
}

export class PauseCover {
  private stopCounting?: () => void;
  private cover?: HTMLElement;
  private covered: HTMLElement[] = [];
  private focused: Element | null = null;
  private drawn = ''; // what is shown

  get shown(): boolean {
    return this.cover !== undefined;
  }

  /** Cover the page, or change the message. Typed answers stay in their fields. */
  show(pause: Pause, standing: Standing, own?: OwnBreak): void {
    const wanted = own ? 'break' : JSON.stringify([pause, standing]); // the countdown of a break goes on by itself
    if (this.cover && this.drawn === wanted) return; // drawn anew, it would be read out anew
    if (!this.cover) this.put();
    this.drawn = wanted;
    this.draw(pause, standing, own);
  }

  private draw(pause: Pause, { seconds, unsaved }: Standing, own?: OwnBreak): void {
    this.dropBreak();
    const title = make('h2', 'px-title', own ? gettext('You are on a break') : gettext('Your exam is paused'));
    title.id = TITLE;
    const text = make('p', '', own ? gettext('The clock of your exam stands still. Your questions are hidden until you are back.') : sinceText(pause));
    text.id = TEXT;
    const facts = make('dl', 'px-facts', fact('clock', gettext('Time left when you go on'), make('span', 'px-big', duration(seconds))));
    if (own) {
      const back = fill(gettext('If you are not back by {time}, your break is over and your exam clock goes on.'), { time: timeOfDay(new Date(Date.now() + own.seconds * 1000)) });
      facts.prepend(fact('cup', gettext('Left of your break'), this.counted(own), back));
    }
    facts.append(fact(unsaved ? 'edit' : 'check', gettext('Your answers'), answersText(unsaved), gettext('They are kept, and hidden until you go on.')));
    const flag = make('p', 'px-bar__flag', icon(own ? 'cup' : 'pause'), own ? gettext('Break') : gettext('Paused'));
    const head = make('div', 'px-head', make('div', 'px-head__text', flag, title, text));
    const rest = own ? [this.wayBack(own)] : this.waiting(pause);
    this.cover!.replaceChildren(make('div', 'px-screen px-stack px-mood-info', head, facts, ...rest));
  }

  private counted(own: OwnBreak): HTMLElement {
    const left = make('span', 'px-big');
    left.setAttribute('role', 'timer');
    left.setAttribute('aria-label', gettext('Left of your break'));
    this.stopCounting = countDown(left, own.seconds, own.over);
    return left;
  }

  private wayBack(own: OwnBreak): HTMLElement {
    const button = make('button', 'proctoring-end-break px-button', gettext('End the break and go on')) as HTMLButtonElement;
    button.type = 'button';
    button.addEventListener('click', () => own.end(button));
    return make('div', 'px-actions', button);
  }

  private waiting({ message }: Pause): HTMLElement[] {
    const words = make('p', 'proctoring-pause-message', message ?? '');
    words.dir = 'auto'; // written by people, in a language of theirs
    const wait = make('p', '', gettext('This page goes on automatically when your course team lets you go on.'));
    const notes = [note('quiet', 'hourglass', gettext('Please wait'), wait)];
    return message ? [note('info', 'speaker', gettext('Your course team wrote:'), words), ...notes] : notes;
  }

  private dropBreak(): void {
    this.stopCounting?.();
    this.stopCounting = undefined;
  }

  hide(): void {
    this.dropBreak();
    this.cover?.remove();
    this.cover = undefined;
    this.covered.forEach((element) => {
      element.inert = false;
      element.style.removeProperty('visibility');
    });
    this.covered = [];
    if (this.focused instanceof HTMLElement) this.focused.focus();
  }

  private put(): void {
    // A dialog would lie above the cover, and keep it out of reach.
    document.querySelectorAll<HTMLDialogElement>('dialog[open]').forEach((one) => {
      one.dispatchEvent(new Event('cancel', { cancelable: true }));
      if (one.open) one.close();
    });
    this.focused = document.activeElement;
    this.covered = Array.from(document.body.children).filter(
      (element): element is HTMLElement => element instanceof HTMLElement && !element.inert,
    );
    this.covered.forEach((element) => {
      element.inert = true;
      element.style.setProperty('visibility', 'hidden', 'important');
    });
    const cover = make('div', 'proctoring-pause px');
    cover.setAttribute('role', 'alertdialog');
    cover.setAttribute('aria-modal', 'true');
    cover.setAttribute('aria-labelledby', TITLE);
    cover.setAttribute('aria-describedby', TEXT);
    cover.tabIndex = -1;
    // Not left to a style sheet: without one the page would be seen beside the cover.
    Object.assign(cover.style, { position: 'fixed', inset: '0', zIndex: '2147483647', overflow: 'auto', background: 'var(--px-surface-sunken, Canvas)' });
    document.body.append(cover);
    this.cover = cover;
    cover.focus();
  }
}
