// A cover over the page during a pause by staff or a break: the rest is hidden and inert, and typed text is kept.

import { countDown } from './breaks';
import { gettext } from './gettext';

export interface Pause {
  kind?: string;
  since?: string;
  message?: string;
}

/** The data of a break in addition to that of a pause. */
export interface OwnBreak {
  seconds: number; // that are left
  end: (button: HTMLButtonElement) => void;
  over: () => void; // its time is used up
}

export class PauseCover {
  private stopCounting?: () => void;
  private cover?: HTMLElement;
  private covered: HTMLElement[] = [];
  private focused: Element | null = null;

  get shown(): boolean {
    return this.cover !== undefined;
  }

  /** Cover the page, or change the message. Typed answers stay in their fields. */
  show(pause: Pause, own?: OwnBreak): void {
    if (!this.cover) this.put();
    const [title, message] = Array.from(this.cover!.children);
    title.textContent = own ? gettext('You are on a break.') : gettext('Your exam is paused.');
    message.textContent = pause.message ?? '';
    if (!own) this.dropBreak();
    else if (!this.stopCounting) this.putBreak(own);
  }

  private putBreak(own: OwnBreak): void {
    const box = document.createElement('p');
    box.className = 'proctoring-break';
    const left = document.createElement('strong');
    left.className = 'px-title';
    left.setAttribute('role', 'timer');
    left.setAttribute('aria-label', gettext('Left of your break'));
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'proctoring-end-break px-button btn';
    button.textContent = gettext('End the break and go on');
    button.addEventListener('click', () => own.end(button));
    box.append(left, ' ', button);
    this.cover!.append(box);
    this.stopCounting = countDown(left, own.seconds, own.over);
  }

  private dropBreak(): void {
    this.stopCounting?.();
    this.stopCounting = undefined;
    this.cover?.querySelector('.proctoring-break')?.remove();
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
    this.focused = document.activeElement;
    this.covered = Array.from(document.body.children).filter(
      (element): element is HTMLElement => element instanceof HTMLElement && !element.inert,
    );
    this.covered.forEach((element) => {
      element.inert = true;
      element.style.setProperty('visibility', 'hidden', 'important');
    });
    const cover = document.createElement('div');
    cover.className = 'proctoring-pause px px-stack';
    cover.setAttribute('role', 'alertdialog');
    cover.setAttribute('aria-modal', 'true');
    cover.setAttribute('aria-labelledby', 'proctoring-pause-title');
    cover.setAttribute('aria-describedby', 'proctoring-pause-text');
    cover.tabIndex = -1;
    Object.assign(cover.style, {
      position: 'fixed', inset: '0', zIndex: '2147483647', overflow: 'auto', padding: '15vh 10vw',
      background: 'var(--px-surface, Canvas)', color: 'var(--px-ink, CanvasText)',
    });
    const title = document.createElement('h2');
    title.id = 'proctoring-pause-title';
    title.className = 'px-title';
    const message = document.createElement('p');
    message.dir = 'auto'; // written by people, in a language of theirs
    const text = document.createElement('p');
    text.id = 'proctoring-pause-text';
    text.textContent = gettext('Your time stands still. Your answers are kept, and the questions come back with the exam.');
    cover.append(title, message, text);
    document.body.append(cover);
    this.cover = cover;
    cover.focus();
  }
}
