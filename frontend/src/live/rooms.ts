// Rooms: their learners and invigilators.

import { type TemplateResult, html } from 'lit';
import { RequestFailed, change, newKey, read } from '../http';
import { changeErrorText } from '../staff/errors';
import { icon } from '../staff/icons';
import type { Notice } from '../staff/notices';
import type { Question, Values } from '../staff/dialogs';
import { formatNumber, gettext, interpolate } from '../staff/i18n';
import type { LiveRow, Room } from './types';

interface Result {
  username: string;
  outcome: string;
  detail?: string;
}

export interface RoomsContext {
  base: () => string;
  ask: (question: Question) => void;
  done: (notice: Notice) => void;
  say: (text: string) => void;
  names: () => string[];
}

const DONE = ['seated', 'unseated', 'unchanged', 'appointed'];

function failure({ outcome, detail }: Result): string {
  return outcome === 'unknown' ? gettext('Nobody in this course has this username.') : (detail ?? outcome);
}

function listed(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

export class Rooms {
  constructor(private readonly context: RoomsContext) {}

  private url(name: 'rooms' | 'invigilators'): string {
    return `${this.context.base()}live/${name}/`;
  }

  /** Move one learner to another room. */
  move({ user, room }: LiveRow): void {
    const names = this.context.names().join(', ');
    this.context.ask({
      heading: interpolate(gettext('Move {learner} to another room'), { learner: user.username }),
      fields: [
        {
          name: 'room',
          label: gettext('Room'),
          value: room,
          hint: names ? interpolate(gettext('Rooms so far: {rooms}. Leave it empty for no room.'), { rooms: names }) : gettext('Leave it empty for no room.'),
          aliases: ['name'],
        },
      ],
      confirm: gettext('Move'),
      busy: gettext('Please wait…'),
      cancel: gettext('Cancel'),
      submit: async (values) => this.assigned(await this.assign(values.room.trim(), [user.username])),
    });
  }

  /** All rooms with their people, and a form for more. */
  async open(): Promise<void> {
    try {
      this.context.ask(await this.overview());
    } catch (error) {
      this.context.say(changeErrorText(error));
    }
  }

  private async overview(): Promise<Question> {
    const { data } = await read<{ rooms: Room[] }>(this.url('rooms'));
    return {
      heading: gettext('Rooms and invigilators'),
      text: html`<ul class="consequences">${(data?.rooms ?? []).map((room) => this.line(room))}</ul>`,
      fields: [
        { name: 'room', label: gettext('Room'), aliases: ['name'], check: (room) => (room ? undefined : gettext('Write the name of the room.')) },
        { name: 'learners', label: gettext('Learners who sit there'), kind: 'area', most: 20_000, aliases: ['usernames'], hint: gettext('Usernames, separated by spaces, commas or lines.') },
        { name: 'invigilators', label: gettext('Invigilators'), aliases: ['username'], hint: gettext('Usernames. Invigilators see only their own room.') },
      ],
      confirm: gettext('Save'),
      busy: gettext('Saving…'),
      cancel: gettext('Close'),
      submit: (values) => this.save(values),
    };
  }

  private line({ name, learners, invigilators }: Room): TemplateResult {
    const remove = (username: string) => void this.remove(name, username);
    return html`<li>
      <strong><bdi>${name}</bdi></strong>: ${interpolate(gettext('learners: {count}'), { count: formatNumber(learners) })}
      <span class="people"
        >${invigilators.map(
          ({ username }) => html`<span class="tag"
            ><bdi>${username}</bdi
            ><button
              type="button"
              aria-label=${interpolate(gettext('{person} no longer invigilates in {room}'), { person: username, room: name })}
              @click=${() => remove(username)}
            >
              ${icon('close')}
            </button></span
          >`,
        )}</span
      >
    </li>`;
  }

  private async remove(room: string, username: string): Promise<void> {
    try {
      await change('DELETE', this.url('invigilators'), { room, username });
      this.context.ask(await this.overview());
    } catch (error) {
      this.context.say(changeErrorText(error));
    }
  }

  private async assign(name: string, usernames: string[]): Promise<Result[]> {
    const answer = await change<{ results: Result[] }>('POST', this.url('rooms'), { name, usernames }, { 'Idempotency-Key': newKey() });
    return answer?.results ?? [];
  }

  private async save({ room, learners, invigilators }: Values): Promise<Question | void> {
    const found = learners.trim() ? await this.assign(room.trim(), listed(learners)) : [];
    for (const username of listed(invigilators)) found.push(await this.appoint(room.trim(), username));
    return this.assigned(found);
  }

  private async appoint(room: string, username: string): Promise<Result> {
    try {
      await change('POST', this.url('invigilators'), { room, username }, { 'Idempotency-Key': newKey() });
      return { username, outcome: 'appointed' };
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      return { username, outcome: 'refused', detail: changeErrorText(error) };
    }
  }

  private assigned(results: Result[]): Question | void {
    const failed = results.filter(({ outcome }) => !DONE.includes(outcome));
    const numbers = { done: formatNumber(results.length - failed.length), count: formatNumber(results.length) };
    const text = interpolate(gettext('Done for {done} of {count}.'), numbers);
    this.context.done({ text });
    if (!failed.length) return;
    const line = (one: Result) => html`<li><strong><bdi>${one.username}</bdi></strong>: ${failure(one)}</li>`;
    return {
      heading: text,
      text: html`<ul class="preview" role="alert">${failed.map(line)}</ul>`,
      confirm: gettext('OK'),
      busy: gettext('Please wait…'),
      cancel: gettext('Close'),
      submit: () => Promise.resolve(),
    };
  }
}
