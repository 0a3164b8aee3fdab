// Messages of staff to learners: the dialogs, and the panel of announcements with their readers.

import { type ReactiveController, type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { change, newKey, read } from '../http';
import { changeErrorText } from '../staff/errors';
import { icon } from '../staff/icons';
import type { Notice } from '../staff/notices';
import { type Question, required } from '../staff/dialogs';
import { formatNumber, gettext, interpolate } from '../staff/i18n';
import type { Audience } from './audiences';
import type { Announced, Recipients } from './types';
import { clockTime } from './labels';

export const LONGEST = 500;
const FRESH_MS = 30_000;

interface Context {
  base: () => string;
  audiences: () => Audience[];
  /** The default recipients. */
  preferred: (audiences: Audience[]) => Audience | undefined;
  exams: () => { id: number; exam_name: string }[];
  ask: (question: Question) => void;
  done: (notice: Notice) => void;
  heading: (content: unknown) => TemplateResult;
}

function seenText({ seen, total }: Announced): string {
  const numbers = { seen: formatNumber(seen), total: formatNumber(total) };
  if (total && seen >= total) return interpolate(gettext('All {total} have seen it'), numbers);
  return interpolate(gettext('{seen} of {total} have seen it'), numbers);
}

export class Messages implements ReactiveController {
  items: Announced[] = [];
  private text = '';
  private to = '';
  private error = '';
  private isBusy = false;
  private key = newKey(); // another try of the same message is not a second message
  private readAt = 0;

  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    private readonly context: Context,
  ) {
    host.addController(this);
  }

  hostConnected(): void {}

  /** Read the list, unless it was read a short time ago. */
  async refresh(isWanted = false): Promise<void> {
    if (!isWanted && Date.now() - this.readAt < FRESH_MS) return;
    this.readAt = Date.now();
    const answer = await read<{ results: Announced[] }>(this.url()).catch(() => null);
    if (!answer?.data) return;
    this.items = answer.data.results;
    this.host.requestUpdate();
  }

  /** Ask for a message to these learners; `answers` is the question that it answers. */
  write(heading: string, to: Recipients, more: { answers?: number; text?: TemplateResult } = {}): void {
    const key = newKey();
    this.context.ask({
      heading,
      text: more.text,
      fields: [
        {
          name: 'text',
          label: gettext('Message'),
          kind: 'area',
          most: LONGEST,
          hint: gettext('Appears above the exam within half a minute; the clock keeps running.'),
          readyMade: [gettext('Are you still there?'), gettext('Help is on its way.'), gettext('Please reload the page.')],
          check: required(gettext('Write a message.')),
        },
      ],
      confirm: gettext('Send'),
      busy: gettext('Sending…'),
      cancel: gettext('Cancel'),
      submit: async ({ text }) => this.send({ text: text.trim(), to, ...(more.answers && { answers: more.answers }) }, key),
    });
  }

  /** Close a question without an answer. */
  async settle(id: number): Promise<void> {
    try {
      await change('DELETE', `${this.context.base()}live/questions/${id}/`, {});
      this.context.done({ text: gettext('The question is no longer shown.') });
    } catch (error) {
      this.context.done({ text: changeErrorText(error) });
    }
  }

  private url(): string {
    return `${this.context.base()}live/announcements/`;
  }

  private async send(body: { text: string; to: Recipients; answers?: number }, key: string): Promise<void> {
    const sent = (await change<Announced>('POST', this.url(), body, { 'Idempotency-Key': key }))!;
    const told = [interpolate(gettext('Sent to {count}.'), { count: formatNumber(sent.total) })];
    if (sent.cannot_show) {
      told.push(interpolate(gettext('Pages that cannot show messages: {count}.'), { count: formatNumber(sent.cannot_show) }));
    }
    this.context.done({ text: told.join(' '), undo: () => void this.withdraw(sent.id) });
    void this.refresh(true);
  }

  private async withdraw(id: number): Promise<void> {
    try {
      await change('DELETE', `${this.url()}${id}/`, {});
      this.context.done({ text: gettext('The message was taken back.') });
      void this.refresh(true);
    } catch (error) {
      this.context.done({ text: changeErrorText(error), undo: () => void this.withdraw(id) });
    }
  }

  private async announce(event: Event): Promise<void> {
    event.preventDefault();
    const audience = this.chosen();
    if (this.isBusy || !audience) return;
    this.error = this.text.trim() ? '' : gettext('Write a message.');
    if (!this.error) await this.sendOwn(audience);
    this.host.requestUpdate();
    if (!this.error) return;
    await this.host.updateComplete;
    this.host.shadowRoot?.querySelector<HTMLElement>('#announcement')?.focus();
  }

  private async sendOwn({ to }: Audience): Promise<void> {
    this.isBusy = true;
    this.host.requestUpdate();
    try {
      await this.send({ text: this.text.trim(), to }, this.key);
      this.text = '';
      this.key = newKey();
    } catch (error) {
      this.error = changeErrorText(error);
    } finally {
      this.isBusy = false;
    }
  }

  private chosen(): Audience | undefined {
    const audiences = this.context.audiences();
    return audiences.find(({ value }) => value === this.to) ?? this.context.preferred(audiences);
  }

  /** The recipients are those shown while the author writes, even if others begin or end meanwhile. */
  private change(text: string): void {
    this.text = text;
    this.to = this.chosen()?.value ?? '';
    this.key = newKey();
    this.host.requestUpdate();
  }

  private form(): TemplateResult {
    const value = this.chosen()?.value ?? '';
    const choose = (event: Event) => {
      this.to = (event.target as HTMLSelectElement).value;
      this.key = newKey();
    };
    return html`<form class="card-body" novalidate @submit=${(event: Event) => void this.announce(event)}>
      <div class="field">
        <label for="announcement">${gettext('New announcement')}</label>
        <textarea
          class="input"
          id="announcement"
          rows="3"
          maxlength=${LONGEST}
          aria-invalid=${this.error ? 'true' : 'false'}
          aria-describedby="about-announcement"
          placeholder=${gettext('For example: You may use the formula sheet for question 4.')}
          .value=${this.text}
          @input=${(event: Event) => this.change((event.target as HTMLTextAreaElement).value)}
        ></textarea>
        ${this.error ? html`<p class="error" role="alert">${icon('warn')}<span>${this.error}</span></p>` : nothing}
      </div>
      <div class="row">
        <div class="field">
          <label for="audience">${gettext('To')}</label>
          <span class="select"
            ><select id="audience" @change=${choose}>
              ${this.context.audiences().map((one) => html`<option value=${one.value} .selected=${one.value === value}>${one.label}</option>`)}</select
            >${icon('down')}</span
          >
        </div>
        <button type="submit" class="btn btn-primary" aria-disabled=${this.isBusy ? 'true' : 'false'}>
          ${this.isBusy ? gettext('Sending…') : gettext('Announce')}
        </button>
      </div>
      <p class="hint" id="about-announcement">
        ${gettext('Shown above the exam within half a minute, read out by screen readers, kept until the learner closes it.')}
      </p>
    </form>`;
  }

  private audience({ audience: { kind, exam_id: id, room, username } }: Announced): string {
    if (kind === 'room') return room;
    if (kind === 'attempts') return username || gettext('chosen learners');
    const exam = kind === 'exam' ? this.context.exams().find((one) => one.id === id) : undefined;
    return exam?.exam_name ?? gettext('Everybody in all exams');
  }

  private item(one: Announced): TemplateResult {
    const { unseen: names = [], total, seen } = one;
    const more = total - seen > names.length ? ['…'] : [];
    const unseen = names.length ? interpolate(gettext('not yet: {learners}'), { learners: [...names, ...more].join(', ') }) : '';
    return html`<li data-withdrawn=${one.withdrawn ? 'true' : nothing}>
      <p><bdi>${one.text}</bdi></p>
      <p class="meta"><span><time datetime=${one.at}>${clockTime(one.at)}</time> · <bdi>${one.by}</bdi> · <bdi>${this.audience(one)}</bdi></span></p>
      <p class="seen">
        ${one.withdrawn ? gettext('taken back') : html`<span>${seenText(one)}</span>${unseen ? html`<span>· <bdi>${unseen}</bdi></span>` : nothing}`}
      </p>
    </li>`;
  }

  panel(): TemplateResult {
    return html`<aside class="card" aria-labelledby="announcements-title">
      <div class="card-head" id="announcements-title">${icon('megaphone')}${this.context.heading(gettext('Announcements'))}</div>
      ${this.form()}
      ${this.items.length ? html`<ul class="feed">${repeat(this.items, ({ id }) => id, (one) => this.item(one))}</ul>` : nothing}
    </aside>`;
  }
}
