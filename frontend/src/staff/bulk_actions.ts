// One action on many attempts: the chosen rows, the bar, what happened to each of them.

import { type ReactiveController, type TemplateResult, html, nothing } from 'lit';
import { RequestFailed, change, newKey } from '../http';
import { type Actions, checkMinutes } from './actions';
import { changeErrorText } from './errors';
import type { Notice } from './notices';
import { type Field, type Question, type Values, required } from './questions';
import type { Section } from './section';
import { type ActionName, type Attempt, actionsOf } from './statuses';
import type { Selection } from './table';
import { formatNumber, gettext, interpolate } from './text';

interface Handlers {
  ask: (question: Question) => void;
  done: (notice: Notice) => void;
}

interface Outcome {
  attempt: Attempt;
  error: string;
}

const NAMES: ActionName[] = ['extend', 'pause', 'continue', 'resume', 'end', 'reset'];
const TOGETHER: ActionName[] = ['reset', 'resume', 'end']; // the interface does these with many attempts at once

interface Result {
  attempt_id: number;
  outcome: 'done' | 'possible' | 'failed' | 'not_tried';
  detail: string;
}

export class BulkActions implements ReactiveController {
  private readonly chosen = new Map<number, Attempt>();
  private progress = 0;

  constructor(
    private readonly host: Section<Attempt>,
    private readonly actions: Actions,
    private readonly handlers: Handlers,
  ) {
    host.addController(this);
  }

  hostConnected(): void {}

  readonly selection: Selection<Attempt> = {
    has: ({ id }) => this.chosen.has(id),
    label: ({ user, exam }) => interpolate(gettext('Select {learner}, {exam}'), { learner: user.username, exam: exam.exam_name }),
    toggle: (rows, isChosen) => {
      for (const row of rows) {
        if (isChosen) this.chosen.set(row.id, row);
        else this.chosen.delete(row.id);
      }
      this.host.requestUpdate();
    },
  };

  /** Chosen rows as they are now. */
  keep(rows: Attempt[]): void {
    for (const row of rows) if (this.chosen.has(row.id)) this.chosen.set(row.id, row);
  }

  private clear(): void {
    this.chosen.clear();
    this.host.focus();
    this.host.requestUpdate();
  }

  private possible(name: ActionName): Attempt[] {
    return [...this.chosen.values()].filter((attempt) => actionsOf(attempt).includes(name));
  }

  bar(): TemplateResult | typeof nothing {
    const { size } = this.chosen;
    if (!size) return nothing;
    const button = (name: ActionName) => {
      const { length } = this.possible(name);
      if (!length) return nothing;
      const isDanger = name === 'end' || name === 'reset';
      return html`<button type="button" class="btn btn-small ${isDanger ? 'btn-danger' : ''}" @click=${() => this.begin(name)}>
        ${this.actions.label(name)}
      </button>`;
    };
    return html`<div class="bulk" role="region" aria-label=${gettext('Selected attempts')}>
      <strong>${interpolate(gettext('Selected: {count}'), { count: formatNumber(size) })}</strong>
      ${NAMES.map(button)}
      <button type="button" class="link" @click=${() => this.clear()}>${gettext('Clear selection')}</button>
    </div>`;
  }

  private begin(name: ActionName): void {
    this.handlers.ask(this.question(name, this.possible(name)));
  }

  private fields(name: ActionName): Field[] {
    if (name === 'continue') return [];
    const isRequired = name === 'extend' || name === 'pause';
    const why: Field = {
      name: 'reason',
      label: isRequired ? gettext('Reason') : gettext('Reason (optional)'),
      kind: 'area',
      most: isRequired ? undefined : 80,
      hint: name === 'pause' ? gettext('The learner reads it.') : gettext('It stays in the attempt’s history.'),
      check: isRequired ? required(gettext('Write a reason.')) : undefined,
    };
    if (name !== 'extend') return [why];
    const minutes: Field = { name: 'minutes', label: gettext('Minutes'), kind: 'number', value: '10', check: checkMinutes };
    return [minutes, why];
  }

  private headings(): Record<ActionName, string> {
    return {
      extend: gettext('Add minutes to {count} attempts'),
      pause: gettext('Pause {count} attempts'),
      continue: gettext('Continue {count} attempts'),
      resume: gettext('Let {count} learners resume'),
      end: gettext('End {count} attempts'),
      reset: gettext('Reset {count} learners’ attempts'),
    };
  }

  /** Who is concerned, and who is not. */
  private preview(attempts: Attempt[]): TemplateResult {
    const others = this.chosen.size - attempts.length;
    return html`<ul class="preview">
        ${attempts.map((one) => html`<li><bdi>${one.user.username}</bdi> · <bdi>${one.exam.exam_name}</bdi></li>`)}
      </ul>
      ${others
        ? html`<p class="hint">${interpolate(gettext('Selected attempts that this cannot be done with: {count}'), { count: formatNumber(others) })}</p>`
        : nothing}`;
  }

  private consequence(name: ActionName): TemplateResult | typeof nothing {
    if (name === 'reset') {
      return html`<p>${gettext('All attempts of these learners in these exams are deleted, here and at the provider, with their answers. This cannot be undone.')}</p>`;
    }
    return name === 'end' ? html`<p>${gettext('The attempts are handed in now, with the answers so far.')}</p>` : nothing;
  }

  private question(name: ActionName, attempts: Attempt[]): Question {
    const heading = interpolate(this.headings()[name], { count: formatNumber(attempts.length) });
    const keys = new Map(attempts.map(({ id }) => [id, newKey()]));
    return {
      heading,
      text: html`${this.consequence(name)}${this.preview(attempts)}`,
      fields: this.fields(name),
      preview: () => this.progressText(attempts.length),
      confirm: heading,
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      isDanger: name === 'reset' || name === 'end',
      submit: async (values) => this.all(name, attempts, values, keys),
    };
  }

  private progressText(count: number): TemplateResult | typeof nothing {
    if (!this.progress) return nothing;
    const numbers = { number: formatNumber(this.progress), count: formatNumber(count) };
    return html`<p role="status">${interpolate(gettext('{number} of {count}'), numbers)}</p>`;
  }

  private body(name: ActionName, values: Values): object {
    if (name === 'continue') return {};
    if (name === 'extend') return { seconds: Number(values.minutes) * 60, reason: values.reason };
    return { reason: values.reason };
  }

  /** Those that fail are told one by one, and can be tried again. */
  private async all(name: ActionName, attempts: Attempt[], values: Values, keys: Map<number, string>): Promise<Question | void> {
    const outcomes = TOGETHER.includes(name)
      ? await this.together(name, attempts, values, keys.get(attempts[0].id)!)
      : await this.oneByOne(name, attempts, values, keys);
    return this.finish(name, outcomes);
  }

  private async together(action: ActionName, attempts: Attempt[], { reason }: Values, key: string): Promise<Outcome[]> {
    const body = { action, attempt_ids: attempts.map(({ id }) => id), reason };
    const answer = await change<{ results: Result[] }>('POST', `${this.host.apiBase}attempts/actions/`, body, { 'Idempotency-Key': key });
    const results = new Map(answer?.results.map((one) => [one.attempt_id, one]));
    return attempts.map((attempt) => {
      const result = results.get(attempt.id);
      if (result?.outcome === 'done') return { attempt, error: '' };
      return { attempt, error: result?.detail || gettext('Not tried: the server had no time left.') };
    });
  }

  /** One request per attempt. */
  private async oneByOne(name: ActionName, attempts: Attempt[], values: Values, keys: Map<number, string>): Promise<Outcome[]> {
    const body = this.body(name, values);
    const outcomes: Outcome[] = [];
    for (const attempt of attempts) {
      outcomes.push({ attempt, error: await this.one(name, attempt, body, keys.get(attempt.id)!) });
      this.progress = outcomes.length;
      this.host.requestUpdate();
    }
    this.progress = 0;
    return outcomes;
  }

  private async one(name: ActionName, { id }: Attempt, body: object, key: string): Promise<string> {
    try {
      await change('POST', `${this.host.apiBase}attempts/${id}/${name}/`, body, { 'Idempotency-Key': key });
      return '';
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      return changeErrorText(error);
    }
  }

  private finish(name: ActionName, outcomes: Outcome[]): Question | void {
    const failed = outcomes.filter(({ error }) => error);
    for (const { attempt, error } of outcomes) if (!error) this.chosen.delete(attempt.id);
    const numbers = { done: formatNumber(outcomes.length - failed.length), count: formatNumber(outcomes.length) };
    this.handlers.done({ text: interpolate(gettext('Done for {done} of {count}.'), numbers) });
    if (failed.length) return this.failures(name, failed, numbers);
  }

  private failures(name: ActionName, failed: Outcome[], numbers: { done: string; count: string }): Question {
    return {
      heading: interpolate(gettext('Done for {done} of {count}.'), numbers),
      text: html`<ul class="preview" role="alert">
        ${failed.map(
          ({ attempt, error }) => html`<li>
            <strong><bdi>${attempt.user.username}</bdi></strong> · <bdi>${attempt.exam.exam_name}</bdi>: ${error}
          </li>`,
        )}
      </ul>`,
      confirm: interpolate(gettext('Try the others again ({count})'), { count: formatNumber(failed.length) }),
      busy: gettext('Please wait…'),
      cancel: gettext('Leave it'),
      submit: () => Promise.resolve(this.question(name, failed.map(({ attempt }) => attempt))),
    };
  }
}
