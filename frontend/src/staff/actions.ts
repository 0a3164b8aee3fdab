// The actions of staff on attempts: dialogs and requests.

import { type TemplateResult, html, nothing } from 'lit';
import { change, newKey } from '../http';
import type { Notice } from './notices';
import { type Question, type Values, required } from './dialogs';
import type { ActionName, Attempt } from './statuses';
import { formatNumber, gettext, interpolate } from './i18n';

export const LABELS: Record<ActionName, () => string> = {
  extend: () => gettext('Add minutes…'),
  pause: () => gettext('Pause…'),
  continue: () => gettext('Continue'),
  resume: () => gettext('Let resume…'),
  end: () => gettext('End attempt…'),
  reset: () => gettext('Reset…'),
};

export interface ActionContext {
  base: string; // address of the course's resources
  /** After a change: say it, and read again. */
  done: (notice: Notice) => void;
  ask: (question: Question) => void;
  /** Where the change is sent, if not to the attempt's own resource; rejects with RequestFailed. */
  send?: (attempt: Subject, action: ActionName, body: object, key: string) => Promise<unknown>;
}

interface TimeChange {
  changed: boolean;
  gained: number;
}

export type Subject = Pick<Attempt, 'id' | 'user' | 'exam' | 'earlier_count'>;

function named(text: string, { user, exam }: Subject): string {
  return interpolate(text, { learner: user.username, exam: exam.exam_name });
}

function list(...items: string[]): TemplateResult {
  return html`<ul class="consequences">${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}

const SHORT = 80; // characters in the history

const reason = (hint: string, isRequired = false) => ({
  name: 'reason',
  label: isRequired ? gettext('Reason') : gettext('Reason (optional)'),
  kind: 'area' as const,
  most: isRequired ? undefined : SHORT,
  hint,
  check: isRequired ? required(gettext('Write a reason.')) : undefined,
});

/** A number of minutes that is not 0; negative ones take time away. */
export function checkMinutes(text: string): string | undefined {
  const minutes = Number(text.replace(',', '.'));
  if (text && Number.isInteger(minutes) && minutes !== 0 && Math.abs(minutes) <= 1440) return undefined;
  return gettext('Write a whole number of minutes, for example 10.');
}

function seconds(values: Values): number {
  return Number(values.minutes) * 60;
}

/** Only the due date cuts what is added; of what is taken away, a minute is left. */
function gotText(gained: number, seconds: number): string {
  if (seconds > 0 && gained < seconds) return gettext('{learner} got {minutes} min in “{exam}”: the due date allows no more.');
  if (seconds < 0 && gained > seconds) return gettext('{learner} got {minutes} min in “{exam}”: one minute is left.');
  return gettext('{learner} got {minutes} min in “{exam}”.');
}

export class Actions {
  constructor(private readonly context: () => ActionContext) {}

  label = (action: ActionName): string => LABELS[action]();

  run(action: ActionName, attempt: Subject): void {
    if (action === 'continue') this.context().ask(this.continueQuestion(attempt));
    else this.context().ask(this.questions[action](attempt));
  }

  /** Each dialog has one key, so that a repeated request makes no second change. */
  private post<T>(attempt: Subject, action: ActionName): (body: object) => Promise<T | null> {
    const keys = new Map<string, string>();
    return (body) => {
      const text = JSON.stringify(body);
      if (!keys.has(text)) keys.set(text, newKey());
      const key = keys.get(text)!;
      const { base, send } = this.context();
      if (send) return send(attempt, action, body, key) as Promise<T | null>;
      return change<T>('POST', `${base}attempts/${attempt.id}/${action}/`, body, { 'Idempotency-Key': key });
    };
  }

  private done(text: string, attempt: Subject, undo?: () => void): void {
    this.context().done({ text: named(text, attempt), undo });
  }

  private readonly questions: Record<Exclude<ActionName, 'continue'>, (attempt: Subject) => Question> = {
    reset: (attempt) => {
      const post = this.post(attempt, 'reset');
      const count = (attempt.earlier_count ?? 0) + 1;
      return {
        heading: named(gettext('Reset {learner}’s attempts in “{exam}”?'), attempt),
        text: list(
          interpolate(gettext('All attempts of the learner in this exam are deleted, here and at the provider: {count}'), { count: formatNumber(count) }),
          gettext('The answers and the score of this exam are cleared; a status for credit is withdrawn.'),
          gettext('This cannot be undone. If the learner only has to go on, “Let resume” keeps answers and remaining time.'),
        ),
        fields: [reason(gettext('It stays in the attempt’s history.'))],
        confirm: gettext('Reset attempts'),
        busy: gettext('Resetting…'),
        cancel: gettext('Keep the attempts'),
        isDanger: true,
        submit: async ({ reason: why }) => {
          await post({ reason: why });
          this.done(gettext('The attempts of {learner} in “{exam}” were deleted.'), attempt);
        },
      };
    },
    resume: (attempt) => {
      const post = this.post(attempt, 'resume');
      return {
        heading: named(gettext('Let {learner} resume “{exam}”?'), attempt),
        text: list(
          gettext('The learner gets a new attempt with the time that was left; answers are kept.'),
          gettext('The time runs only once the learner continues.'),
        ),
        fields: [reason(gettext('It stays in the attempt’s history.'))],
        confirm: gettext('Let resume'),
        busy: gettext('Allowing…'),
        cancel: gettext('Not now'),
        submit: async ({ reason: why }) => {
          await post({ reason: why });
          this.done(gettext('{learner} may resume “{exam}” now.'), attempt);
        },
      };
    },
    end: (attempt) => {
      const post = this.post(attempt, 'end');
      return {
        heading: named(gettext('End {learner}’s attempt in “{exam}”?'), attempt),
        text: list(
          gettext('The attempt is handed in now, with the answers so far.'),
          gettext('The learner cannot go on. To stop the clock for a while, pause the attempt instead.'),
        ),
        fields: [reason(gettext('It stays in the attempt’s history.'))],
        confirm: gettext('End attempt'),
        busy: gettext('Ending…'),
        cancel: gettext('Keep it running'),
        isDanger: true,
        submit: async ({ reason: why }) => {
          await post({ reason: why });
          this.done(gettext('The attempt of {learner} in “{exam}” was ended.'), attempt);
        },
      };
    },
    pause: (attempt) => {
      const post = this.post<TimeChange>(attempt, 'pause');
      return {
        heading: named(gettext('Pause {learner}’s attempt in “{exam}”'), attempt),
        text: list(gettext('The clock stops and the questions are hidden until you continue the attempt.')),
        fields: [reason(gettext('The learner reads it.'), true)],
        confirm: gettext('Pause'),
        busy: gettext('Pausing…'),
        cancel: gettext('Cancel'),
        submit: async ({ reason: why }) => {
          const found = await post({ reason: why });
          const undo = found?.changed ? () => this.run('continue', attempt) : undefined;
          const text = found?.changed ? gettext('{learner} is paused.') : gettext('{learner} was paused already.');
          this.done(text, attempt, undo);
        },
      };
    },
    extend: (attempt) => {
      const post = this.post<TimeChange>(attempt, 'extend');
      return {
        heading: named(gettext('Add minutes for {learner} in “{exam}”'), attempt),
        fields: [
          {
            name: 'minutes',
            label: gettext('Minutes'),
            kind: 'number',
            value: '10',
            hint: gettext('A negative number takes time away; at least one minute is left.'),
            check: checkMinutes,
            aliases: ['seconds'],
          },
          reason(gettext('It stays in the attempt’s history.'), true),
        ],
        preview: (values) => this.minutesPreview(values),
        confirm: gettext('Add minutes'),
        busy: gettext('Adding…'),
        cancel: gettext('Cancel'),
        submit: async (values) => {
          const found = await post({ seconds: seconds(values), reason: values.reason });
          const gained = found?.gained ?? 0;
          const minutes = formatNumber(Math.round(gained / 6) / 10);
          const text = found?.changed ? gotText(gained, seconds(values)) : gettext('The time of {learner} in “{exam}” is as it was.');
          const undo = gained ? () => this.context().ask(this.takeBack(attempt, gained)) : undefined;
          this.done(interpolate(text, { minutes }), attempt, undo);
        },
      };
    },
  };

  private minutesPreview(values: Values): TemplateResult | typeof nothing {
    if (checkMinutes(values.minutes) || Number(values.minutes) > 0) return nothing;
    return html`<p class="hint">${gettext('Time is taken away from the learner.')}</p>`;
  }

  private continueQuestion(attempt: Subject): Question {
    const post = this.post<TimeChange>(attempt, 'continue');
    return {
      heading: named(gettext('Continue {learner}’s attempt in “{exam}”?'), attempt),
      text: list(gettext('The clock runs again; the deadline moves by the length of the pause, but not beyond the due date.')),
      confirm: gettext('Continue the attempt'),
      busy: gettext('Continuing…'),
      cancel: gettext('Leave it paused'),
      submit: async () => {
        await post({});
        this.done(gettext('The clock of {learner} runs again.'), attempt);
      },
    };
  }

  private takeBack(attempt: Subject, gained: number): Question {
    const post = this.post<TimeChange>(attempt, 'extend');
    return {
      heading: named(gettext('Take the minutes of {learner} back?'), attempt),
      fields: [{ ...reason(gettext('It stays in the attempt’s history.'), true), value: gettext('Added by mistake') }],
      confirm: gettext('Take back'),
      busy: gettext('Taking back…'),
      cancel: gettext('Leave it'),
      submit: async ({ reason: why }) => {
        await post({ seconds: -gained, reason: why });
        this.done(gettext('The minutes of {learner} were taken back.'), attempt);
      },
    };
  }
}
