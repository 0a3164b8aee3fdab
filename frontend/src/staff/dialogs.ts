// Modal dialogs before changes: the server's errors are shown at their fields, and typed text is kept.

import { type ReactiveController, type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { RequestFailed } from '../http';
import { changeErrorText, fieldErrors } from './errors';
import { icon } from './icons';
import { gettext } from './i18n';

export interface Field {
  name: string;
  label: string;
  /** `choices` are check boxes; their value is a comma-separated list. `check` is one, '1' or ''. `radio` is one of few. A `moment` is as
   * its input has it, in the reader's zone; the value of a `file` is its text. */
  kind?: 'text' | 'number' | 'area' | 'select' | 'choices' | 'radio' | 'check' | 'date' | 'moment' | 'file';
  options?: [value: string, label: string][];
  value?: string;
  hint?: string;
  /** What to say where the field is empty or wrong; undefined if it may be so. */
  check?: (value: string) => string | undefined;
  /** Names of the server for errors of this field. */
  aliases?: string[];
  most?: number; // characters
  accept?: string; // of a file
  /** Ready-made texts, each with a button that inserts it. */
  readyMade?: string[];
  id?: string; // as suites of hosts find it
}

/** Of the browser's own controls. */
const INPUT_TYPES: Record<string, string> = { date: 'date', moment: 'datetime-local' };

export type Values = Record<string, string>;

export interface Question {
  heading: string;
  /** Consequences, and what stays untouched. */
  text?: TemplateResult;
  fields?: Field[];
  /** Below the fields, for what is typed. */
  preview?: (values: Values) => TemplateResult | typeof nothing;
  confirm: string;
  busy: string;
  cancel: string;
  isDanger?: boolean;
  id?: string; // of the button that confirms
  /** Why it failed; by default, in the words for changes. */
  errorText?: (error: RequestFailed) => string;
  /** Whether the reader may close the dialog while a request runs, which `signal` then ends; else she waits for its result. */
  canBeStopped?: boolean;
  /** Do it; rejects with RequestFailed. The dialog closes, unless another question is the answer. */
  submit: (values: Values, signal: AbortSignal) => Promise<Question | void>;
}

export class Dialogs implements ReactiveController {
  private question: Question | null = null;
  private values: Values = {};
  private errors: Record<string, string> = {};
  private failure: { text: string } | null = null;
  private isBusy = false;
  private running = new AbortController();
  private opener: HTMLElement | null = null;
  private waiting: Question[] = [];

  constructor(private readonly host: ReactiveControllerHost & HTMLElement) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.stop();
    this.question = null;
    this.waiting = [];
    this.isBusy = false;
  }

  get isOpen(): boolean {
    return this.question !== null;
  }

  /** `isLater`: the reader did not ask for it just now; what she has typed into an open dialog comes first. */
  ask(question: Question, isLater = false): void {
    if (isLater && this.question) {
      this.waiting.push(question);
      return;
    }
    this.opener ??= this.host.shadowRoot?.activeElement as HTMLElement | null;
    this.question = question;
    this.values = Object.fromEntries((question.fields ?? []).map(({ name, value }) => [name, value ?? '']));
    this.errors = {};
    this.failure = null;
    this.host.requestUpdate();
    void this.host.updateComplete.then(() => this.show());
  }

  private get dialog(): HTMLDialogElement | null {
    return this.host.shadowRoot?.querySelector<HTMLDialogElement>('.dialog') ?? null;
  }

  private show(): void {
    const { dialog } = this;
    if (!dialog || !this.question) return;
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector<HTMLElement>('.field :is(input:not([type="radio"]), input:checked, textarea, select)');
    (first ?? dialog.querySelector<HTMLElement>('.harmless'))?.focus();
  }

  /** End a request that may be ended. Whatever it still answers is ignored. */
  private stop(): void {
    if (!this.question?.canBeStopped) return;
    this.running.abort();
    this.isBusy = false;
  }

  private close(): void {
    this.stop();
    if (this.isBusy || !this.question) return;
    this.question = null;
    if (this.dialog?.open) this.dialog.close();
    const { opener } = this;
    this.opener = null;
    const next = this.waiting.shift();
    if (next) this.ask(next);
    this.host.requestUpdate();
    void this.host.updateComplete.then(() => {
      if (opener?.isConnected) opener.focus();
      else this.host.focus();
    });
  }

  private check(): boolean {
    this.errors = {};
    for (const { name, check } of this.question?.fields ?? []) {
      const error = check?.(this.values[name].trim());
      if (error) this.errors[name] = error;
    }
    return Object.keys(this.errors).length === 0;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const { question } = this;
    if (!question || this.isBusy) return;
    this.failure = null;
    if (!this.check()) return this.refused();
    this.isBusy = true;
    this.running = new AbortController();
    const { signal } = this.running;
    this.host.requestUpdate();
    try {
      const next = await question.submit({ ...this.values }, signal);
      if (signal.aborted) return;
      this.isBusy = false;
      if (next) this.ask(next);
      else this.close();
    } catch (error) {
      if (signal.aborted) return;
      this.isBusy = false;
      this.fail(error, question);
    }
  }

  private fail(error: unknown, { fields = [], errorText = changeErrorText }: Question): void {
    if (!(error instanceof RequestFailed)) throw error;
    const told = fieldErrors(error);
    for (const { name, aliases = [] } of fields) {
      const text = [name, ...aliases].map((one) => told[one]).filter(Boolean).join(' ');
      if (text) this.errors[name] = text;
    }
    const known = new Set(fields.flatMap(({ name, aliases = [] }) => [name, ...aliases]));
    const others = Object.entries(told).filter(([name]) => !known.has(name));
    const isAtFields = Object.keys(this.errors).length > 0 && !others.length;
    if (!isAtFields) this.failure = { text: [errorText(error), ...others.map((pair) => pair.join(': '))].join(' ') };
    this.refused();
  }

  /** The focus goes to the first field that is wrong; a failure of the whole is read as an alert. */
  private refused(): void {
    this.host.requestUpdate();
    void this.host.updateComplete.then(() => {
      this.dialog?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    });
  }

  private change(name: string, value: string): void {
    this.values = { ...this.values, [name]: value };
    this.host.requestUpdate();
  }

  private async readFile(name: string, event: Event): Promise<void> {
    const [file] = (event.target as HTMLInputElement).files ?? [];
    this.errors = { ...this.errors, [name]: '' };
    try {
      const bytes = file ? await file.arrayBuffer() : new ArrayBuffer(0);
      this.change(name, new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch {
      this.errors[name] = gettext('The file cannot be read, or is not encoded in UTF-8.');
      this.change(name, '');
    }
  }

  private choices({ name, options = [] }: Field): TemplateResult {
    const chosen = new Set(this.values[name].split(',').filter(Boolean));
    const toggle = (value: string, isChosen: boolean) => {
      if (isChosen) chosen.add(value);
      else chosen.delete(value);
      this.change(name, [...chosen].join(','));
    };
    return html`<div class="choices">
      ${options.map(
        ([value, label]) => html`<label class="check">
          <input
            type="checkbox"
            name=${name}
            value=${value}
            .checked=${chosen.has(value)}
            aria-invalid=${this.errors[name] ? 'true' : 'false'}
            @change=${(event: Event) => toggle(value, (event.target as HTMLInputElement).checked)}
          />
          <span><bdi>${label}</bdi></span>
        </label>`,
      )}
    </div>`;
  }

  private radios({ name, options = [] }: Field): TemplateResult {
    return html`<div class="radios">
      ${options.map(
        ([value, label]) => html`<label class="check">
          <input type="radio" name=${name} value=${value} .checked=${this.values[name] === value} @change=${() => this.change(name, value)} />
          <span><bdi>${label}</bdi></span>
        </label>`,
      )}
    </div>`;
  }

  private control(field: Field, described: string): TemplateResult {
    const { name, kind = 'text', options = [] } = field;
    const value = this.values[name];
    const id = field.id ?? `field-${name}`;
    const invalid = this.errors[name] ? 'true' : 'false';
    const changed = (event: Event) => this.change(name, (event.target as HTMLInputElement).value);
    if (kind === 'area') {
      return html`<textarea class="input" id=${id} name=${name} rows="3" maxlength=${field.most ?? 1000} aria-invalid=${invalid} aria-describedby=${described} .value=${value} @input=${changed}></textarea>`;
    }
    if (kind === 'select') {
      return html`<select class="input" id=${id} name=${name} aria-invalid=${invalid} aria-describedby=${described} @change=${changed}>
        ${options.map(([one, label]) => html`<option value=${one} .selected=${one === value}>${label}</option>`)}
      </select>`;
    }
    return this.input(field, described);
  }

  private input(field: Field, described: string): TemplateResult {
    const { name, kind = 'text' } = field;
    const id = field.id ?? `field-${name}`;
    const invalid = this.errors[name] ? 'true' : 'false';
    if (kind === 'file') {
      return html`<input class="input" type="file" id=${id} name=${name} accept=${field.accept ?? ''} aria-invalid=${invalid} aria-describedby=${described} @change=${(event: Event) => void this.readFile(name, event)} />`;
    }
    const mode = kind === 'number' ? 'decimal' : 'text';
    const type = INPUT_TYPES[kind] ?? 'text';
    const changed = (event: Event) => this.change(name, (event.target as HTMLInputElement).value);
    return html`<input class="input" type=${type} step=${type === 'text' ? nothing : 1} id=${id} name=${name} inputmode=${mode} autocomplete="off" aria-invalid=${invalid} aria-describedby=${described} .value=${this.values[name]} @input=${changed} />`;
  }

  private field(field: Field): TemplateResult {
    const { name, label, hint, kind } = field;
    const error = this.errors[name];
    const described = `about-${name}`;
    const notes = html`<p id=${described} class=${error ? 'error error-message' : 'hint'}>${error ? html`${icon('warn')}<span>${error}</span>` : hint}</p>`;
    if (kind === 'choices' || kind === 'radio') {
      const boxes = kind === 'radio' ? this.radios(field) : this.choices(field);
      return html`<fieldset class="field" aria-describedby=${described}><legend class="label">${label}</legend>${boxes}${notes}</fieldset>`;
    }
    if (kind === 'check') {
      return html`<div class="field">
        <label class="check">
          <input type="checkbox" name=${name} .checked=${this.values[name] === '1'} aria-describedby=${described} @change=${(event: Event) => this.change(name, (event.target as HTMLInputElement).checked ? '1' : '')} />
          <span>${label}</span>
        </label>
        ${notes}
      </div>`;
    }
    return html`<div class="field">
      <label for=${field.id ?? `field-${name}`}>${label}</label>
      ${this.control(field, described)} ${notes} ${this.readyMade(field)}
    </div>`;
  }

  private readyMade({ name, readyMade = [] }: Field): TemplateResult | typeof nothing {
    if (!readyMade.length) return nothing;
    const label = gettext('Ready-made texts');
    const insert = (text: string) => this.change(name, [this.values[name].trim(), text].filter(Boolean).join(' '));
    return html`<div class="actions" role="group" aria-label=${label}>
      ${readyMade.map((text) => html`<button type="button" class="btn btn-small" @click=${() => insert(text)}>${text}</button>`)}
    </div>`;
  }

  private foot({ cancel, confirm, busy, id = 'confirm', isDanger = false }: Question): TemplateResult {
    const [harmless, act] = isDanger ? ['harmless', 'btn-danger'] : ['', 'btn-primary harmless'];
    return html`<div class="dialog-foot">
      <button type="button" class="btn ${harmless}" @click=${() => this.close()}>${cancel}</button>
      <button type="submit" id=${id} class="btn ${act}" aria-disabled=${this.isBusy ? 'true' : 'false'}>${this.isBusy ? busy : confirm}</button>
    </div>`;
  }

  private alert(): TemplateResult | typeof nothing {
    if (!this.failure) return nothing;
    const text = html`<div class="banner" data-tone="bad" role="alert">${icon('warn')}<p>${this.failure.text}</p></div>`;
    return html`${keyed(this.failure, text)}`;
  }

  private body(question: Question): TemplateResult {
    const { fields = [], text = nothing, preview } = question;
    return html`<form class="dialog-form" novalidate @submit=${(event: Event) => void this.submit(event)}>
      <div class="dialog-head modal-header">
        <h2 id="dialog-title" class="heading">${question.heading}</h2>
        <button type="button" class="btn btn-icon btn-quiet btn-small" aria-label=${gettext('Close')} @click=${() => this.close()}>${icon('close')}</button>
      </div>
      <div class="dialog-body">
        ${this.alert()} ${text} ${fields.map((field) => this.field(field))} ${preview?.(this.values) ?? nothing}
      </div>
      ${this.foot(question)}
    </form>`;
  }

  render(): TemplateResult {
    return html`<dialog
      class="dialog modal"
      aria-labelledby="dialog-title"
      @cancel=${(event: Event) => {
        event.preventDefault();
        this.close();
      }}
    >
      ${this.question ? this.body(this.question) : nothing}
    </dialog>`;
  }
}

/** For a field that must not be empty. */
export function required(text: string): (value: string) => string | undefined {
  return (value) => (value ? undefined : text);
}
