// One action on many attempts: the chosen rows, the bar, what would and what did happen to each of them.

import { type ReactiveController, type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { change, newKey } from '../http';
import { type Actions } from './actions';
import { BulkTimeChanges, TIME_ACTIONS, type TimeAction } from './bulk_time_changes';
import { changeErrorText } from './errors';
import type { Notice } from './notices';
import type { Question } from './questions';
import { type ActionName, type Attempt, actionsOf } from './statuses';
import type { Selection } from './table';
import { formatNumber, gettext, interpolate } from './text';

interface Handlers {
  ask: (question: Question) => void;
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
  detail: string;
}

interface Results {
  results: Result[];
}

function headings(action: Deed): string {
  return {
    resume: gettext('Let {count} learners resume'),
    end: gettext('End {count} attempts'),
    reset: gettext('Reset {count} learners’ attempts'),
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
      isConnected: () => host.isConnected,
    });
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

  clear(): void {
    this.chosen.clear();
    this.host.focus();
    this.host.requestUpdate();
  }

  possible(name: ActionName): Attempt[] {
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

  /** Those chosen need not be in the list any more. */
  private release(ids: number[]): void {
    for (const id of ids) this.chosen.delete(id);
    this.host.requestUpdate();
  }

  begin(name: ActionName): void {
    const ids = [...this.chosen.keys()];
    const most = TIME_ACTIONS.includes(name) ? MOST.time : MOST.deeds;
    if (ids.length > most) {
      return this.handlers.say(interpolate(gettext('Select at most {count} attempts for this.'), { count: formatNumber(most) }));
    }
    if (TIME_ACTIONS.includes(name)) this.times.begin(name as TimeAction, { attempt_ids: ids });
    else void this.look(name as Deed, ids);
  }

  private post(body: object, key: string): Promise<Results> {
    const url = `${this.host.apiBase}${this.paths.actions}`;
    return change<Results>('POST', url, body, { 'Idempotency-Key': key }) as Promise<Results>;
  }

  /** What the server would do comes before the question. */
  private async look(action: Deed, ids: number[]): Promise<void> {
    try {
      this.handlers.ask(await this.asked(action, ids));
    } catch (error) {
      this.handlers.say(changeErrorText(error));
    }
  }

  private async asked(action: Deed, attempt_ids: number[], reason = ''): Promise<Question> {
    const { results } = await this.post({ action, attempt_ids, dry_run: true }, newKey());
    const possible = results.filter(({ outcome }) => outcome === 'possible');
    const refused = results.filter(({ outcome }) => outcome !== 'possible');
    const text = html`${consequence(action)} ${refused.length ? this.listed(gettext('Not possible for'), refused) : nothing}
      ${possible.length ? this.listed(gettext('Possible for'), possible) : nothing}`;
    if (!possible.length) return this.told(gettext('This is possible for none of the attempts'), text);
    return this.question(action, possible, text, reason);
  }

  private told(heading: string, text: TemplateResult): Question {
    const [confirm, cancel, busy] = [gettext('OK'), gettext('Close'), gettext('Please wait…')];
    return { heading, text, confirm, cancel, busy, submit: () => Promise.resolve() };
  }

  private listed(title: string, rows: Result[]): TemplateResult {
    return html`<p class="label">${title}</p>
      <ul class="preview">${rows.map((row) => this.line(row))}</ul>`;
  }

  private line({ attempt_id: id, username, exam_name: exam, outcome, detail }: Result): TemplateResult {
    const why = outcome === 'not_tried' ? gettext('Not tried: the server had no time left.') : detail;
    return html`<li data-outcome=${outcome}>
      <strong><bdi>${username ?? id}</bdi></strong>${exam ? html` · <bdi>${exam}</bdi>` : nothing}${why ? `: ${why}` : nothing}
    </li>`;
  }

  private question(action: Deed, rows: Result[], text: TemplateResult, reason: string): Question {
    const heading = interpolate(headings(action), { count: formatNumber(rows.length) });
    const keys = new Map<string, string>(); // another try of the same change is not a second change
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
      submit: async (values) => {
        const body = { action, attempt_ids: rows.map(({ attempt_id }) => attempt_id), reason: values.reason };
        if (!keys.has(values.reason)) keys.set(values.reason, newKey());
        const { results } = await this.post(body, keys.get(values.reason)!);
        return this.finish(action, results, values.reason);
      },
    };
  }

  /** Those that fail, and those that were not tried, are told one by one, and can be tried again. */
  private finish(action: Deed, results: Result[], reason: string): Question | void {
    const failed = results.filter(({ outcome }) => outcome !== 'done');
    this.release(results.filter(({ outcome }) => outcome === 'done').map(({ attempt_id }) => attempt_id));
    const numbers = { done: formatNumber(results.length - failed.length), count: formatNumber(results.length) };
    const text = interpolate(gettext('Done for {done} of {count}.'), numbers);
    this.handlers.done({ text });
    if (!failed.length) return;
    const ids = failed.map(({ attempt_id }) => attempt_id);
    return {
      ...this.told(text, html`<ul class="preview" role="alert">${failed.map((row) => this.line(row))}</ul>`),
      confirm: interpolate(gettext('Try the others again ({count})'), { count: formatNumber(failed.length) }),
      cancel: gettext('Leave it'),
      submit: () => this.asked(action, ids, reason),
    };
  }
}
