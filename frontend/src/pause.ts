// A cover over the page while staff have paused the exam: the rest is hidden and out of reach, and nothing is lost.

import { gettext } from './page';

export interface Pause {
  kind?: string;
  since?: string;
  message?: string;
}

export class PauseCover {
  private cover?: HTMLElement;
  private covered: HTMLElement[] = [];
  private focused: Element | null = null;

  get shown(): boolean {
    return this.cover !== undefined;
  }

  /** Cover the page, or change the message. Answers that are typed already stay in their fields. */
  show(pause: Pause): void {
    if (!this.cover) this.put();
    const [, message] = Array.from(this.cover!.children);
    message.textContent = pause.message ?? '';
  }

  hide(): void {
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
    cover.className = 'proctoring-pause';
    cover.setAttribute('role', 'alertdialog');
    cover.setAttribute('aria-modal', 'true');
    cover.setAttribute('aria-labelledby', 'proctoring-pause-title');
    cover.setAttribute('aria-describedby', 'proctoring-pause-text');
    cover.tabIndex = -1;
    Object.assign(cover.style, {
      position: 'fixed', inset: '0', zIndex: '2147483647', overflow: 'auto', padding: '15vh 10vw',
      background: 'Canvas', color: 'CanvasText',
    });
    const title = document.createElement('h2');
    title.id = 'proctoring-pause-title';
    title.textContent = gettext('Your exam is paused.');
    const message = document.createElement('p');
    const text = document.createElement('p');
    text.id = 'proctoring-pause-text';
    text.textContent = gettext('Your time stands still. Your answers are kept, and the questions come back with the exam.');
    cover.append(title, message, text);
    document.body.append(cover);
    this.cover = cover;
    cover.focus();
  }
}
