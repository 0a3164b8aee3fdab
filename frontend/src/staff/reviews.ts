// The section "Reviews": providers' findings, decisions of staff, and links to providers' dashboards.

import { type TemplateResult, html, nothing } from 'lit';
import { RequestFailed, change, read } from '../http';
import { commentList } from './comments';
import { changeErrorText } from './errors';
import { type Exam, Exams } from './exams';
import { type Counted, Counters } from './counters';
import { type Filter, daysBetween } from './filters';
import { type IconName, icon } from './icons';
import type { Page } from './list';
import type { Question } from './dialogs';
import { Section, type Texts } from './section';
import { type ExamType, type Review as Found, type Tone, examTypes, nameOfStatus } from './statuses';
import { type Column, type TableOptions, learnerCell, moment } from './table';
import { gettext, interpolate } from './i18n';

interface Review extends Pick<Found, 'review_status' | 'comments'> {
  id: number;
  attempt_id: number | null;
  attempt_status: string;
  user: { username: string; email: string } | null;
  exam: { id: number; exam_name: string; type: ExamType } | null;
  is_passing: boolean;
  reviewed_by: string | null;
  can_decide: boolean;
  created: string;
  modified: string;
}

type Decision = 'Clean' | 'Suspicious';

const WAITING = 'second_review_required';
const COUNTED: Counted[] = [
  { filters: { decided: 'false' }, label: () => gettext('waiting') },
  { filters: { decided: 'false', review_status: 'Suspicious' }, label: () => gettext('waiting, suspicious'), tone: 'warn' },
  { filters: { decided: 'true' }, label: () => gettext('decided') },
];

function verdicts(): Record<string, [label: string, tone: Tone, icon: IconName]> {
  return {
    Clean: [gettext('Nothing found'), 'good', 'ok'],
    'Rules Violation': [gettext('Minor violation'), 'neutral', 'done'],
    Suspicious: [gettext('Suspicious'), 'warn', 'warn'],
    'Not Reviewed': [gettext('Not reviewed'), 'neutral', 'idle'],
  };
}

/** Attributes: see Section. */
export class ProctoringReviews extends Section<Review> {
  private readonly exams = new Exams(this, () => this.apiBase);
  private readonly counters = new Counters(this, () => `${this.apiBase}${this.resource()}`, COUNTED);

  protected resource(): string {
    return 'reviews/';
  }

  protected texts(): Texts {
    return {
      title: gettext('Reviews'),
      intro: gettext('What providers found in recordings is advice; you decide. The last changed reviews come first.'),
      found: gettext('Reviews found: {count}'),
      newer: gettext('Show new reviews: {count}'),
      failed: gettext('The reviews could not be loaded'),
      loading: gettext('Loading reviews…'),
      none: gettext('No reviews yet'),
      noneHint: gettext('A review appears here as soon as a provider has sent one.'),
      noMatch: gettext('No review matches'),
      search: {
        id: 'search_review_id',
        region: gettext('Find reviews'),
        label: gettext('Find by username or e-mail address'),
        placeholder: gettext('Username, e-mail'),
      },
    };
  }

  protected filters(): Filter[] {
    return [
      this.exams.filter(),
      {
        name: 'review_status',
        label: gettext('Provider says'),
        all: gettext('All reviews'),
        options: Object.entries(verdicts()).map(([status, [label]]) => [status, label]),
      },
      {
        name: 'decided',
        label: gettext('Decision'),
        all: gettext('Decided or not'),
        options: [
          ['false', gettext('Nobody has decided')],
          ['true', gettext('Decided by a person')],
        ],
      },
      ...daysBetween(
        'modified',
        { label: gettext('Since'), word: (day) => interpolate(gettext('Since {day}'), { day }) },
        { label: gettext('Until'), word: (day) => interpolate(gettext('Until {day}'), { day }) },
      ),
    ];
  }

  private columns(): Column<Review>[] {
    return [
      { name: 'username', label: gettext('Learner'), cell: (one) => this.learner(one) },
      {
        name: 'exam_name',
        label: gettext('Exam'),
        cell: ({ exam }) => exam && html`<span><bdi>${exam.exam_name}</bdi><span class="sub">${examTypes()[exam.type] ?? exam.type}</span></span>`,
      },
      { name: 'review_status', label: gettext('Provider says'), cell: (one) => this.verdict(one) },
      { name: '', label: gettext('Attempt'), cell: ({ attempt_status: status }) => (status ? nameOfStatus(status) : null) },
      { name: 'reviewed_by', label: gettext('Decided by'), cell: ({ reviewed_by: by }) => by && html`<bdi>${by}</bdi>` },
      { name: 'modified', label: gettext('Changed'), isMoment: true, cell: ({ modified }) => moment(modified) },
    ];
  }

  /** In the shell, the attempt is one click away. */
  private learner({ user, attempt_id: id }: Review): TemplateResult {
    const isInShell = (this.getRootNode() as ShadowRoot).host?.localName === 'proctoring-staff-page';
    const name = learnerCell(user ?? { username: gettext('Unknown learner') });
    if (!isInShell || !id) return name;
    return html`${name}<a class="sub" href="#attempts?open=${id}">${gettext('Details and timeline')}</a>`;
  }

  private verdict({ review_status: status, comments }: Review): TemplateResult {
    const [label, tone, name] = verdicts()[status] ?? [status, 'neutral', 'idle'];
    return html`<span>
      <span class="status" data-tone=${tone}>${icon(name)}<span>${label}</span></span>
      ${comments.length
        ? html`<details>
            <summary>${interpolate(gettext('Comments: {count}'), { count: comments.length })}</summary>
            ${commentList(comments)}
          </details>`
        : nothing}
    </span>`;
  }

  private rowActions(review: Review): TemplateResult | typeof nothing {
    if (!review.attempt_id || !review.can_decide) return nothing;
    const learner = review.user?.username ?? '';
    const button = (decision: Decision, text: string, label: string, className: string) => html`<button
      type="button"
      class="btn btn-small ${className}"
      aria-label=${interpolate(label, { learner })}
      @click=${() => void this.begin(review, decision)}
    >
      ${text}
    </button>`;
    return html`<span class="actions">
      ${button('Clean', gettext('Approve…'), gettext('Approve the attempt of {learner}…'), '')}
      ${button('Suspicious', gettext('Reject…'), gettext('Reject the attempt of {learner}…'), 'btn-danger')}
    </span>`;
  }

  /** Read the current review first, because the list may be outdated. */
  private async begin(review: Review, decision: Decision): Promise<void> {
    try {
      const { data, etag } = await read<Review>(`${this.apiBase}reviews/${review.id}/`);
      this.dialogs.ask(this.question(data ?? review, etag, decision));
    } catch (error) {
      this.notices.show({ text: changeErrorText(error) });
      this.refresh();
    }
  }

  /** `isNewer` if somebody else has changed the review since the dialog was opened. */
  private question(review: Review, etag: string, decision: Decision, isNewer = false): Question {
    const isApproval = decision === 'Clean';
    const named = (text: string) =>
      interpolate(text, { learner: review.user?.username ?? '', exam: review.exam?.exam_name ?? '' });
    const before = review.reviewed_by
      ? html`<p>${interpolate(gettext('{name} has decided before; your decision replaces it.'), { name: review.reviewed_by })}</p>`
      : nothing;
    return {
      heading: named(isApproval ? gettext('Approve {learner}’s attempt in “{exam}”?') : gettext('Reject {learner}’s attempt in “{exam}”?')),
      text: html`<p>${isApproval ? gettext('The result counts; the learner gets an e-mail.') : gettext('The result can be set to 0 and credit withdrawn; the learner gets an e-mail.')}</p>
        ${isNewer ? html`<div class="banner" data-tone="warn" role="alert"><p>${gettext('Somebody else has changed this review in the meantime. Nothing was overwritten; this is the newer version.')}</p></div>` : nothing}
        ${before} ${this.verdict(review)}`,
      confirm: isApproval ? gettext('Approve') : gettext('Reject'),
      busy: gettext('Saving…'),
      cancel: gettext('Leave it'),
      isDanger: !isApproval,
      submit: () => this.decide(review, etag, decision),
    };
  }

  private async decide(review: Review, etag: string, decision: Decision): Promise<Question | void> {
    const address = `${this.apiBase}reviews/${review.id}/`;
    try {
      const now = await change<Review>('PATCH', address, { review_status: decision }, { 'If-Match': etag });
      const text = this.outcome(decision === 'Clean', now?.attempt_status ?? '');
      this.notices.show({ text: interpolate(text, { learner: review.user?.username ?? '' }) });
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.status !== 412) throw error;
      const newest = await read<Review>(address);
      return this.question(newest.data ?? review, newest.etag, decision, true);
    } finally {
      this.refresh();
    }
  }

  /**
   * The decision is about the recording; what becomes of the attempt depends on more, such as whether it was handed
   * in.
   */
  private outcome(isApproval: boolean, status: string): string {
    if (!status || status === (isApproval ? 'verified' : 'rejected')) {
      return isApproval ? gettext('The attempt of {learner} was approved.') : gettext('The attempt of {learner} was rejected.');
    }
    const text = isApproval ? gettext('Saved as approved, but the attempt of {learner} is now: {status}.') : gettext('Saved as rejected, but the attempt of {learner} is now: {status}.');
    return interpolate(text, { status: nameOfStatus(status) });
  }

  protected table(): Partial<TableOptions<Review>> & Pick<TableOptions<Review>, 'caption' | 'columns'> {
    return {
      caption: gettext('Reviews'),
      columns: this.columns(),
      attention: ({ attempt_status: status }) => (status === WAITING ? 'warn' : undefined),
      actions: (review) => html`${this.rowActions(review)}`,
    };
  }

  /** The providers' own dashboards, one per exam. */
  protected override above(): TemplateResult | typeof nothing {
    const { filters } = this.list.query;
    const counters = this.counters.render(filters, (chosen) => this.change({ filters: chosen }));
    return html`${this.list.page ? counters : nothing} ${this.dashboards()}`;
  }

  private dashboards(): TemplateResult | typeof nothing {
    const exams = this.exams.all.filter((exam): exam is Exam & { dashboard_url: string } => Boolean(exam.dashboard_url));
    if (!exams.length) return nothing;
    return html`<details class="card dashboards">
      <summary>${gettext('Dashboards of the providers')}</summary>
      <ul>
        ${exams.map(
          ({ exam_name, dashboard_url }) => html`<li>
            <a href=${dashboard_url} target="_blank" rel="noopener"><bdi>${exam_name}</bdi> ${icon('external')}<span class="visually-hidden">${gettext('(opens a new tab)')}</span></a>
          </li>`,
        )}
      </ul>
    </details>`;
  }

  protected override begun(): void {
    this.counters.forget();
    this.exams.forget();
  }

  protected override loaded(page: Page<Review>): void {
    super.loaded(page);
    this.exams.ensure();
    void this.counters.count();
  }
}
