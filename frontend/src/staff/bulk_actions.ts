// One action on many attempts: selected rows, action bar, preview and results.

import { type ReactiveController, type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { change, newKey } from '../http';
import { type Actions } from './actions';
import { BulkTimeChanges, TIME_ACTIONS, type TimeAction, changedMeanwhile, partShown, refusal } from './bulk_time_changes';
import { changeErrorText, codeOf, fieldErrors } from './errors';
import type { Notice } from './notices';
import { doneText, follow } from './progress';
import type { Question } from './dialogs';
import { type ActionName, type Attempt, actionsOf } from './statuses';
import type { Selection } from './table';
import { formatNumber, gettext, interpolate, ngettext } from './i18n';

/** All rows that the list shows for its filters, on all pages: its query, and their number in words. */
export interface Matching {
  filter: string;
  count: string;
}

interface Handlers {
  ask: (question: Question, isLater?: boolean) => void;
  /** Selections other than single rows. */
  matching?: () => Matching | null;
  say: (text: string) => void;
  done: (notice: Notice) => void;
}

type Deed = Exclude<ActionName, TimeAction>;

const NAMES: ActionName[] = ['extend', 'pause', 'continue', 'resume', 'end', 'reset'];
const MOST = { time: 500, deeds: 200 }; // attempts that the interface changes at once

interface Result {
  attempt_id: number;
  username: string | null;
  exam_name: string | null;
  outcome: 'done' | 'possible' | 'failed' | 'not_tried';
  code?: string;
  detail: string;
}

interface Results {
  id: number | null; // of an action that the worker executes; its results are those that failed, at most 200
  total: number;
  done: number;
  failed: number;
  results: Result[];
}

type Subject = { attempt_ids: number[] } | { filter: string };

function headingFor(action: Deed, count: number): string {
  return {
    resume: ngettext('Let {count} learner resume', 'Let {count} learners resume', count),
    end: ngettext('End {count} attempt', 'End {count} attempts', count),
    reset: ngettext('Reset {count} learner’s attempts', 'Reset {count} learners’ attempts', count),
  }[action];
}

function consequence(name: Deed): TemplateResult | typeof nothing {
  if (name === 'reset') {
    return html`<p>${gettext('All attempts of these learners in these exams are deleted, here and at the provider, with their answers. This cannot be undone.')}</p>`;
  }
  return name === 'end' ? html`<p>${gettext('The attempts are handed in now, with the answers so far.')}</p>` : nothing;
}

export class BulkActions implements ReactiveController {
  readonly chosen = new Map<number, Attempt>();
  readonly times: BulkTimeChanges;
  private filter: string | null = null; // all rows that match it are chosen, not only those of this page
  private rows: Attempt[] = [];

  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement & { apiBase: string },
    private readonly actions: Actions,
    private readonly handlers: Handlers,
    private readonly paths = { actions: 'attempts/actions/', times: '' },
  ) {
    host.addController(this);
    this.times = new BulkTimeChanges({
      base: () => `${host.apiBase}${paths.times}`,
      ask: handlers.ask,
      say: handlers.say,
      done: handlers.done,
      release: (ids) => this.release(ids),
      isConnected: this.isConnected,
    });
  }

  hostConnected(): void {}

  private isConnected = (): boolean => this.host.isConnected;

  readonly selection: Selection<Attempt> = {
    has: ({ id }) => this.chosen.has(id) || this.all !== null,
    label: ({ user, exam }) => interpolate(gettext('Select {learner}, {exam}'), { learner: user.username, exam: exam.exam_name }),
    toggle: (rows, isChosen) => {
      this.filter = null;
      for (const row of rows) {
        if (isChosen) this.chosen.set(row.id, row);
        else this.chosen.delete(row.id);
      }
      this.host.requestUpdate();
    },
  };

  /** Chosen rows as they are now. */
  keep(rows: Attempt[]): void {
    this.rows = rows;
    for (const row of rows) if (this.chosen.has(row.id)) this.chosen.set(row.id, row);
  }

  clear(): void {
    this.release();
    this.host.focus();
  }

  possible(name: ActionName): Attempt[] {
    return [...this.chosen.values()].filter((attempt) => actionsOf(attempt).includes(name));
  }

  /** What is chosen, if that is all that match; other filters than then end the choice. */
  private get all(): Matching | null {
    if (this.filter === null) return null;
    const matching = this.handlers.matching?.() ?? null;
    return matching?.filter === this.filter ? matching : null;
  }

  private chooseAll({ filter }: Matching): void {
    this.selection.toggle(this.rows, true);
    this.filter = filter;
    void this.host.updateComplete.then(() => this.host.shadowRoot?.querySelector<HTMLElement>('.bulk .chosen')?.focus());
  }

  private count(): TemplateResult {
    const { all } = this;
    const text = all
      ? interpolate(gettext('Selected: all {count} that match'), { count: all.count })
      : interpolate(gettext('Selected: {count}'), { count: formatNumber(this.chosen.size) });
    const more = all ? null : this.handlers.matching?.();
    return html`<strong class="chosen" tabindex="-1">${text}</strong>
      ${more
        ? html`<button type="button" class="link" @click=${() => this.chooseAll(more)}>${interpolate(gettext('Select all {count} that match'), { count: more.count })}</button>`
        : nothing}`;
  }

  bar(): TemplateResult | typeof nothing {
    const { all } = this;
    if (!all) this.filter = null;
    if (!all && !this.chosen.size) return nothing;
    const button = (name: ActionName) => {
      if (!all && !this.possible(name).length) return nothing;
      const isDanger = name === 'end' || name === 'reset';
      return html`<button type="button" class="btn btn-small ${isDanger ? 'btn-danger' : ''}" @click=${() => this.begin(name)}>
        ${this.actions.label(name)}
      </button>`;
    };
    return html`<div class="bulk" role="region" aria-label=${gettext('Selected attempts')}>
      ${this.count()} ${NAMES.map(button)}
      <button type="button" class="link" @click=${() => this.clear()}>${gettext('Clear selection')}</button>
    </div>`;
  }

  /** Those chosen need not be in the list any more. */
  private release(ids: Iterable<number> = [...this.chosen.keys()]): void {
    this.filter = null;
    for (const id of ids) this.chosen.delete(id);
    this.host.requestUpdate();
  }

  begin(name: ActionName): void {
    const { all } = this;
    const ids = [...this.chosen.keys()];
    const subject = all ? { filter: all.filter } : { attempt_ids: ids };
    const most = TIME_ACTIONS.includes(name) ? MOST.time : MOST.deeds;
    if (!all && ids.length > most) {
      return this.handlers.say(ngettext('Select at most {count} attempt for this.', 'Select at most {count} attempts for this.', most));
    }
    if (TIME_ACTIONS.includes(name)) this.times.begin(name as TimeAction, subject);
    else void this.look(name as Deed, subject);
  }

  private post(body: object, key: string): Promise<Results> {
    const url = `${this.host.apiBase}${this.paths.actions}`;
    return change<Results>('POST', url, body, { 'Idempotency-Key': key }) as Promise<Results>;
  }

  /** Show the preview before the confirmation. */
  private async look(action: Deed, subject: Subject): Promise<void> {
    try {
      this.handlers.ask(await this.asked(action, subject));
    } catch (error) {
      this.handlers.say([changeErrorText(error), ...Object.values(fieldErrors(error))].join(' '));
    }
  }

  private async asked(action: Deed, subject: Subject, reason = '', isAgain = false): Promise<Question> {
    const { results, total } = await this.post({ action, ...subject, dry_run: true }, newKey());
    const possible = results.filter(({ outcome }) => outcome === 'possible');
    const refused = results.filter(({ outcome }) => outcome !== 'possible');
    const isPart = total > results.length;
    const text = html`${isAgain ? changedMeanwhile() : nothing} ${consequence(action)} ${isPart ? partShown(results.length, total) : nothing}
      ${this.listed(gettext('Not possible for'), refused)} ${this.listed(gettext('Possible for'), possible)}`;
    if (!possible.length && !isPart) return this.told(gettext('This is possible for none of the attempts'), text);
    const count = isPart ? total - refused.length : possible.length;
    const body = isPart ? { ...subject, count: total } : { attempt_ids: possible.map(({ attempt_id }) => attempt_id) };
    return this.question(action, count, text, reason, (why, key) => this.send(action, body, why, key));
  }

  /** Those of a filter are only as many as the preview said. */
  private async send(action: Deed, body: object, reason: string, key: string): Promise<Question | void> {
    try {
      const answer = await this.post({ action, ...body, reason }, key);
      if (answer.id === null || answer.id === undefined) return this.finish(action, answer.results, reason);
      this.release();
      void this.watch(answer);
    } catch (error) {
      if (codeOf(error) !== 'others_match' || !('filter' in body)) throw error;
      return this.asked(action, { filter: body.filter as string }, reason, true);
    }
  }

  /** Wait for the worker, which executes the action. */
  private async watch(begun: Results): Promise<void> {
    const url = `${this.host.apiBase}${this.paths.actions}${begun.id}/`;
    const now = await follow(url, begun, { say: this.handlers.say, isConnected: this.isConnected });
    if (!now) return;
    const text = doneText(now.done - now.failed, now.total);
    this.handlers.done({ text });
    if (now.failed) this.handlers.ask(this.told(text, html`<ul class="preview" role="alert">${now.results.map((row) => this.line(row))}</ul>`), true);
  }

  private told(heading: string, text: TemplateResult): Question {
    const [confirm, cancel, busy] = [gettext('OK'), gettext('Close'), gettext('Please wait…')];
    return { heading, text, confirm, cancel, busy, submit: () => Promise.resolve() };
  }

  private listed(title: string, rows: Result[]): TemplateResult | typeof nothing {
    if (!rows.length) return nothing;
    return html`<p class="label">${title}</p>
      <ul class="preview">${rows.map((row) => this.line(row))}</ul>`;
  }

  private line({ attempt_id: id, username, exam_name: exam, outcome, code, detail }: Result): TemplateResult {
    const why = outcome === 'not_tried' ? gettext('Not tried: the server had no time left.') : detail || (code ? refusal(code) : '');
    return html`<li data-outcome=${outcome}>
      <strong><bdi>${username ?? id}</bdi></strong>${exam ? html` · <bdi>${exam}</bdi>` : nothing}${why ? `: ${why}` : nothing}
    </li>`;
  }

  private question(action: Deed, count: number, text: TemplateResult, reason: string, send: (reason: string, key: string) => Promise<Question | void>): Question {
    const heading = headingFor(action, count);
    const keys = new Map<string, string>(); // a repeated request makes no second change
    return {
      heading,
      text,
      fields: [
        {
          name: 'reason',
          label: gettext('Reason (optional)'),
          kind: 'area',
          most: 80,
          value: reason,
          hint: gettext('It stays in the attempt’s history.'),
        },
      ],
      confirm: heading,
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      isDanger: action !== 'resume',
      submit: ({ reason: why }) => {
        if (!keys.has(why)) keys.set(why, newKey());
        return send(why, keys.get(why)!);
      },
    };
  }

  /** Those that fail, and those that were not tried, are told one by one, and can be tried again. */
  private finish(action: Deed, results: Result[], reason: string): Question | void {
    const failed = results.filter(({ outcome }) => outcome !== 'done');
    this.release(results.filter(({ outcome }) => outcome === 'done').map(({ attempt_id }) => attempt_id));
    const text = doneText(results.length - failed.length, results.length);
    this.handlers.done({ text });
    if (!failed.length) return;
    const ids = failed.map(({ attempt_id }) => attempt_id);
    return {
      ...this.told(text, html`<ul class="preview" role="alert">${failed.map((row) => this.line(row))}</ul>`),
      confirm: interpolate(gettext('Try the others again ({count})'), { count: formatNumber(failed.length) }),
      cancel: gettext('Leave it'),
      submit: () => this.asked(action, { attempt_ids: ids }, reason),
    };
  }
}
