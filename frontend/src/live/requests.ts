// Changes go through the board's own routes, which invigilators may use for their rooms.

import { RequestFailed, change } from '../http';
import type { Subject } from '../staff/actions';
import { refusal } from '../staff/bulk_time_changes';
import type { ActionName } from '../staff/statuses';
import { gettext } from '../staff/i18n';

export const PATHS = { actions: 'live/actions/', times: 'live/' };
const DEEDS: ActionName[] = ['end', 'resume'];

interface TimeAnswer {
  rows: { outcome: string; code: string; gained: number }[];
}

interface DeedAnswer {
  results: { outcome: string; detail: string }[];
}

/** Change one attempt; what the server refuses for it rejects, as on the attempt's own resource. */
export function changeOne(base: string, { id }: Subject, action: ActionName, body: object, key: string): Promise<unknown> {
  const headers = { 'Idempotency-Key': key };
  const all = { action, attempt_ids: [id], ...body };
  return DEEDS.includes(action) ? act(base, all, headers) : changeTime(base, all, headers);
}

async function act(base: string, body: object, headers: Record<string, string>): Promise<null> {
  const answer = await change<DeedAnswer>('POST', `${base}${PATHS.actions}`, body, headers);
  const result = answer?.results[0];
  if (result?.outcome !== 'done') throw new RequestFailed(409, result?.detail ?? '');
  return null;
}

async function changeTime(base: string, body: object, headers: Record<string, string>): Promise<object> {
  const all = { reason: gettext('The exam goes on.'), ...body }; // continuing needs no reason
  const answer = await change<TimeAnswer>('POST', `${base}${PATHS.times}time-changes/`, all, headers);
  const row = answer?.rows[0];
  if (!row || row.outcome === 'refused') throw new RequestFailed(409, refusal(row?.code ?? ''));
  return { changed: row.outcome === 'done', gained: row.gained };
}
