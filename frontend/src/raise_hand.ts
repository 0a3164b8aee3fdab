// "Raise your hand": a question to the invigilator, short, one at a time.

import { gettext } from './gettext';
import { change } from './http';
import { icon } from './icons';
import { pending } from './page';
import { fill, isolated } from './format';
import { type AskedQuestion, LONGEST_QUESTION, type QuestionState } from './questions';

function element<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Partial<HTMLElementTagNameMap[K]>): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}

function button(text: string, look: string): HTMLButtonElement {
  return element('button', { type: 'button', textContent: text, className: `px-button px-button--${look}` });
}

export class RaiseHand {
  private opener?: HTMLButtonElement;
  private box?: HTMLElement;
  private open: AskedQuestion | null = null;
  private isWriting = false;

  /** `address`: the URL of the attempt's resources of the live board; `said` announces a text. */
  constructor(
    private readonly bar: HTMLElement,
    private readonly address: () => string,
    private readonly said: (text: string) => void,
  ) {}

  show(state: QuestionState | undefined): void {
    if (!state?.enabled || !this.address()) return this.remove();
    if (!this.opener?.isConnected) this.putOpener();
    const shown = this.open?.id;
    this.open = state.open;
    if (shown !== state.open?.id && !this.isWriting) this.draw();
  }

  private remove(): void {
    this.opener?.remove();
    this.box?.remove();
    this.opener = this.box = undefined;
  }

  private putOpener(): void {
    this.opener = button('', 'quiet');
    this.opener.classList.add('px-bar__tool', 'px-bar__hand-button');
    this.opener.title = gettext('Ask the invigilator'); // narrow bars show only the icon
    this.opener.append(icon('hand'), element('span', { textContent: this.opener.title }));
    this.opener.addEventListener('click', () => this.toggle());
    (this.bar.querySelector('.px-bar__time') ?? this.bar).append(this.opener);
    this.mark();
  }

  private mark(): void {
    this.opener?.setAttribute('aria-expanded', String(this.isWriting));
  }

  private toggle(): void {
    this.isWriting = !this.isWriting && !this.open;
    this.draw();
    this.box?.querySelector<HTMLElement>('textarea, button')?.focus();
  }

  private close(): void {
    this.isWriting = false;
    this.draw();
    this.opener?.focus();
  }

  private draw(): void {
    this.mark();
    this.box?.remove();
    this.box = undefined;
    if (!this.open && !this.isWriting) return;
    this.box = element('div', { className: 'px px-bar__hand' });
    this.box.append(...(this.open ? this.waiting(this.open) : this.form()));
    const row = this.bar.querySelector('.px-bar__row--main');
    if (row) row.after(this.box);
    else this.bar.append(this.box);
  }

  private waiting({ id, text }: AskedQuestion): Node[] {
    const words = element('p', { dir: 'auto', textContent: fill(gettext('You have asked: “{question}”. The answer appears here.'), { question: isolated(text) }) });
    const lower = button(gettext('Take the question back'), 'quiet');
    lower.addEventListener('click', () => void pending(lower, () => this.lower(id)));
    return [words, lower];
  }

  private form(): Node[] {
    const label = element('label', { htmlFor: 'px-question', textContent: gettext('Your question to the invigilator') });
    const field = element('textarea', { id: 'px-question', className: 'px-input', rows: 2, maxLength: LONGEST_QUESTION });
    const send = button(gettext('Send'), 'second');
    const cancel = button(gettext('Cancel'), 'quiet');
    send.addEventListener('click', () => {
      const text = field.value.trim();
      if (text) void pending(send, () => this.ask(text));
      else field.focus();
    });
    cancel.addEventListener('click', () => this.close());
    return [label, field, send, cancel];
  }

  private async ask(text: string): Promise<void> {
    this.open = await change<AskedQuestion>('POST', `${this.address()}questions/`, { text });
    this.said(gettext('Your question was sent.'));
    this.close();
  }

  private async lower(id: number): Promise<void> {
    await change('DELETE', `${this.address()}questions/${id}/`, {});
    this.open = null;
    this.close();
  }
}
