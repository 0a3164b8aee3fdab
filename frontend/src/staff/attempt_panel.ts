// One attempt: facts, review, earlier attempts, timeline. Beside the list where there is room for both, else a modal
// dialog.

import { type ReactiveController, type TemplateResult, html, nothing } from 'lit';
import { RequestFailed, read } from '../http';
import { commentList } from './comments';
import { errorText } from './errors';
import { heading } from './heading';
import { icon } from './icons';
import { RefreshInterval } from './refresh_interval';
import type { Section } from './section';
import { type ActionName, type Attempt, type AttemptDetails, type Review, enrolmentModes, statusWord, wasSubmitted } from './statuses';
import { formatMoment, formatMomentInFull, formatNumber, gettext, interpolate } from './i18n';
import { timeline } from './timeline';

export interface PanelHandlers {
  close: () => void;
  /** To the next row of the list (1) or the one before (-1). */
  step: (delta: number) => void;
  open: (id: number) => void;
  run: (action: ActionName, attempt: AttemptDetails) => void;
  label: (action: ActionName) => string;
  /** Where the open attempt is in the list: "3 of 61"; empty if it is not on this page. */
  position: () => string;
  /** What has happened: what is outside of a modal dialog is not read. */
  notices: () => TemplateResult;
}

const BESIDE_REM = 76; // from this width of the section on

function remInPixels(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

export class Panel implements ReactiveController {
  id = 0; // 0: closed
  private details: AttemptDetails | null = null;
  private failure = '';
  private etag = '';
  private isGone = false;
  private copied = '';
  private width = 0; // unknown, or the host hides the section
  private isShownModal = false;
  private readonly refreshInterval: RefreshInterval;
  private readonly sizes = new ResizeObserver(([{ contentRect }]) => this.measured(contentRect.width));

  constructor(
    private readonly host: Section<Attempt>,
    private readonly handlers: PanelHandlers,
  ) {
    host.addController(this);
    this.refreshInterval = new RefreshInterval(host, () => this.read());
  }

  hostConnected(): void {
    this.host.addEventListener('keydown', this.pressed);
    this.sizes.observe(this.host);
    this.host.requestUpdate(); // a dialog that was removed from the page is no longer modal
  }

  hostDisconnected(): void {
    this.host.removeEventListener('keydown', this.pressed);
    this.sizes.disconnect();
    this.isShownModal = false;
  }

  hostUpdated(): void {
    const { dialog, isModal } = this;
    if (!dialog || !this.host.isConnected || (dialog.open && isModal === this.isShownModal)) return;
    const hadFocus = dialog.matches(':focus-within');
    this.isShownModal = isModal;
    if (dialog.open) dialog.close();
    if (isModal) dialog.showModal();
    else dialog.open = true; // show() would move the focus
    if (isModal || hadFocus) this.focus();
  }

  private get dialog(): HTMLDialogElement | null {
    return this.host.renderRoot.querySelector<HTMLDialogElement>('.panel');
  }

  /** Whether the panel is open and covers the list. */
  get isModal(): boolean {
    return this.id > 0 && this.width > 0 && this.width < BESIDE_REM * remInPixels();
  }

  private measured(width: number): void {
    const before = this.isModal;
    this.width = width;
    if (this.isModal !== before) this.host.requestUpdate();
  }

  /** J and K go on to the next and the last attempt, Escape closes; not while somebody types. */
  private pressed = (event: KeyboardEvent): void => {
    const target = event.composedPath()[0] as HTMLElement;
    if (!this.id || this.host.isAsking || target.closest('input, textarea, select, [popover]')) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') this.handlers.close();
    else if (event.key.toLowerCase() === 'j') this.handlers.step(1);
    else if (event.key.toLowerCase() === 'k') this.handlers.step(-1);
    else return;
    event.preventDefault();
  };

  /** Show this attempt; 0 shows none. */
  async open(id: number, isFocused = true): Promise<void> {
    if (id === this.id) return;
    this.id = id;
    this.details = null;
    this.failure = this.etag = this.copied = '';
    this.isGone = false;
    this.host.requestUpdate();
    if (!id) return;
    if (isFocused) void this.host.updateComplete.then(() => this.focus());
    await this.refresh();
  }

  focus(): void {
    this.dialog?.querySelector<HTMLElement>('.heading')?.focus();
  }

  async refresh(): Promise<void> {
    this.etag = '';
    this.refreshInterval.done(await this.read());
  }

  private async read(): Promise<boolean> {
    const { id } = this;
    if (!id || this.isGone || this.host.isRefused) return true;
    try {
      const { data, etag } = await read<AttemptDetails>(`${this.host.apiBase}attempts/${id}/`, this.etag);
      if (id !== this.id) return true;
      if (data) this.details = data;
      this.etag = etag;
      this.failure = '';
      return true;
    } catch (error) {
      if (id === this.id) this.failed(error);
      return false;
    } finally {
      this.host.requestUpdate();
    }
  }

  private failed(error: unknown): void {
    const status = error instanceof RequestFailed ? error.status : 0;
    this.isGone = status === 404;
    if (this.isGone || status === 401 || status === 403) this.details = null;
    this.failure = errorText(error);
  }

  private async copy(): Promise<void> {
    const text = gettext('Link copied');
    this.copied = await navigator.clipboard.writeText(window.location.href).then(() => text, () => window.location.href);
    this.host.requestUpdate();
  }

  private head(): TemplateResult {
    const { close, step, position } = this.handlers;
    const button = (label: string, name: 'left' | 'right' | 'link' | 'close', run: () => void) =>
      html`<button type="button" class="btn btn-icon btn-quiet btn-small" aria-label=${label} title=${label} @click=${run}>${icon(name)}</button>`;
    return html`<div class="panel-head">
      <span class="soft">${position()}</span>
      <span class="end">
        ${button(gettext('Previous attempt (K)'), 'left', () => step(-1))} ${button(gettext('Next attempt (J)'), 'right', () => step(1))}
        ${button(gettext('Copy link'), 'link', () => void this.copy())} ${button(gettext('Close'), 'close', close)}
      </span>
    </div>`;
  }

  /** The time limit, including time added to the exam's own limit. */
  private allowed({ allowed_time_limit_mins: all, exam: { time_limit_mins: limit } }: AttemptDetails): string | null {
    if (all === null) return null;
    if (all <= limit) return interpolate(gettext('{count} min'), { count: formatNumber(all) });
    const numbers = { all: formatNumber(all), limit: formatNumber(limit), more: formatNumber(all - limit) };
    return interpolate(gettext('{all} min = {limit} + {more}'), numbers);
  }

  private link(url: string, text: string): TemplateResult {
    return html`<a href=${url} target="_blank" rel="noopener">${text} ${icon('external')}<span class="visually-hidden">${gettext('(opens a new tab)')}</span></a>`;
  }

  private provider({ provider, exam }: AttemptDetails): TemplateResult | string | null {
    if (!provider?.attempt_url) return provider?.name ?? exam.backend;
    return this.link(provider.attempt_url, interpolate(gettext('Open at {provider}'), { provider: provider.name }));
  }

  private facts(attempt: AttemptDetails): TemplateResult {
    const at = (text: string | null | undefined) => (text ? html`<time datetime=${text}>${formatMomentInFull(text)}</time>` : null);
    const { enrollment_mode: mode, progress_url: progress } = attempt;
    const rows: [string, TemplateResult | string | null][] = [
      [gettext('Attempt'), interpolate(gettext('{number} of {count}'), { number: attempt.earlier_count! + 1, count: attempt.earlier_count! + 1 })],
      [gettext('Started'), at(attempt.started_at)],
      [wasSubmitted(attempt) ? gettext('Handed in') : gettext('Ended'), at(attempt.completed_at)],
      [gettext('Time allowed'), this.allowed(attempt)],
      [gettext('Ends'), attempt.paused ? gettext('The clock stands still') : at(attempt.ends_at)],
      [gettext('Due'), at(attempt.exam.due_date)],
      [gettext('Provider'), this.provider(attempt)],
      [gettext('Enrolment'), enrolmentModes()[mode] ?? mode],
      [gettext('Learner'), progress ? this.link(progress, gettext('Progress in the course')) : null],
    ];
    if (!attempt.is_newest) rows.shift();
    return html`<dl class="facts">
      ${rows.map(([name, value]) => (value ? html`<div><dt>${name}</dt><dd><bdi>${value}</bdi></dd></div>` : nothing))}
    </dl>`;
  }

  private buttons(attempt: AttemptDetails): TemplateResult | typeof nothing {
    const { run, label } = this.handlers;
    if (!attempt.actions.length) return nothing;
    return html`<div class="actions">
      ${attempt.actions.map(
        (action) => html`<button
          type="button"
          class="btn btn-small ${action === 'reset' || action === 'end' ? 'btn-danger' : ''} ${action === 'reset' ? 'remove-attempt' : action === 'resume' ? 'resume-attempt' : ''}"
          @click=${() => run(action, attempt)}
        >
          ${label(action)}
        </button>`,
      )}
    </div>`;
  }

  private part(title: string, content: TemplateResult): TemplateResult {
    return html`<section>${heading(this.host.headingLevel + 2, title)}${content}</section>`;
  }

  private review({ review_status, reviewed_by, comments, modified }: Review): TemplateResult {
    const by = reviewed_by ? html` · <bdi>${reviewed_by}</bdi>` : nothing;
    return html`<p>${review_status}${by} · <time datetime=${modified}>${formatMoment(modified)}</time></p>
      ${commentList(comments)}`;
  }

  private earlier(attempt: AttemptDetails): TemplateResult {
    return html`<ul class="earlier">
      ${attempt.earlier.map((one) => {
        const word = statusWord({ ...one, exam: attempt.exam });
        const text = one.started_at ? formatMoment(one.started_at) : formatMoment(one.created);
        return html`<li>
          <button type="button" class="link" @click=${() => this.handlers.open(one.id)}>${text}</button>
          <span class="status" data-tone=${word.tone}>${icon(word.icon)}<span>${word.label}</span></span>
        </li>`;
      })}
    </ul>`;
  }

  private content(attempt: AttemptDetails): TemplateResult {
    const word = statusWord(attempt);
    return html`<p class="status" data-tone=${word.tone}>${icon(word.icon)}<span>${word.label}</span></p>
      ${attempt.paused?.message ? html`<p class="soft"><bdi>${attempt.paused.message}</bdi></p>` : nothing}
      ${attempt.actions.includes('resume') ? html`<p class="soft">${gettext('The learner cannot continue until you allow it.')}</p>` : nothing}
      ${this.facts(attempt)}
      ${attempt.review ? this.part(gettext('Review'), this.review(attempt.review)) : nothing}
      ${attempt.earlier.length ? this.part(gettext('Earlier attempts'), this.earlier(attempt)) : nothing}
      ${this.part(gettext('Timeline'), timeline(attempt.timeline))}`;
  }

  private title(): TemplateResult | string {
    const { details } = this;
    if (!details) return gettext('Attempt');
    return html`<bdi>${details.user.username}</bdi> · <bdi>${details.exam.exam_name}</bdi>`;
  }

  render(): TemplateResult | typeof nothing {
    if (!this.id) return nothing;
    const { details, failure } = this;
    const closed = (event: Event) => {
      event.preventDefault();
      this.handlers.close();
    };
    return html`<dialog class="card panel" aria-label=${gettext('Details of the attempt')} @cancel=${closed}>
      ${this.head()}
      <div class="panel-body">
        ${heading(this.host.headingLevel + 1, this.title())}
        ${failure ? html`<div class="banner" data-tone="bad" role="alert">${icon('warn')}<p>${failure}</p></div>` : nothing}
        ${details ? this.content(details) : failure ? nothing : html`<p role="status">${gettext('Loading…')}</p>`}
      </div>
      <div class="panel-foot">${this.isModal ? this.handlers.notices() : nothing} ${details ? this.buttons(details) : nothing}</div>
      <p class="visually-hidden" role="status">${this.copied}</p>
    </dialog>`;
  }
}
