// The history of an attempt, in sentences.

import { type TemplateResult, html, nothing } from 'lit';
import { type IconName, icon } from './icons';
import { type TimelineEntry, nameOfStatus, statusWords } from './statuses';
import { formatDuration, formatMomentInFull, gettext, interpolate } from './i18n';

function causes(): Record<string, string> {
  return {
    learner: gettext('by the learner'),
    staff: gettext('by staff'),
    provider: gettext('by the provider'),
    'time-out': gettext('because the time was over'),
    sweep: gettext('because the time was over and no page was open'),
    cascade: gettext('because of another exam of the course'),
  };
}

function sentences(): Record<string, string> {
  return {
    created: gettext('Attempt created'),
    grant: gettext('Time added: {time}'),
    taken: gettext('Time taken away: {time}'),
    pause: gettext('Paused by staff'),
    break: gettext('Break begun'),
    continue: gettext('Continued after {time}'),
    outage: gettext('Time credited for an outage: {time}'),
    correction: gettext('Time corrected: {time}'),
    review: gettext('Review received: {status}'),
    changed: gettext('Values changed'),
  };
}

/** Columns in words, as Django admin has them. */
function columns(): Record<string, string> {
  return {
    external_id: gettext('id at the provider'),
    allowed_time_limit_mins: gettext('minutes allowed'),
    time_remaining_seconds: gettext('seconds left'),
    is_resumable: gettext('is resumable'),
    ready_to_resume: gettext('ready to resume'),
    resumed: gettext('resumed'),
    is_status_acknowledged: gettext('status acknowledged'),
  };
}

function valueText(value: unknown): string {
  if (value === null || value === '') return '–';
  if (typeof value === 'boolean') return value ? gettext('yes') : gettext('no');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function changed({ field, before, after }: TimelineEntry['changes'][number]): TemplateResult {
  return html`<span title=${field}>${columns()[field] ?? field}: ${valueText(before)} → ${valueText(after)}</span>`;
}

function sentence({ kind, after, seconds, text }: TimelineEntry): string {
  if (text) return text;
  if (kind === 'status') return nameOfStatus(after);
  const name = kind === 'grant' && (seconds ?? 0) < 0 ? 'taken' : kind;
  const values = { time: formatDuration(Math.abs(seconds ?? 0)), status: after };
  return interpolate(sentences()[name] ?? kind, values);
}

/** The cause of a status, or what staff wrote about a change of time. */
function reason({ kind, reason: text, by }: TimelineEntry): string {
  if (kind !== 'status' && kind !== 'created') return text;
  const [cause, ...more] = text.split(/[,:]\s*/);
  const known = causes()[cause];
  if (cause === 'staff' && by) return more.join(', ');
  return known ? [known, ...more].join(', ') : text;
}

function shape({ kind, after }: TimelineEntry): IconName {
  const shapes: Record<string, IconName> = { created: 'plus', grant: 'clock', pause: 'pause', break: 'pause', continue: 'play', review: 'scale' };
  if (kind !== 'status') return shapes[kind] ?? 'idle';
  return Object.entries(statusWords()).find(([names]) => names.split(',').includes(after))?.[1].icon ?? 'idle';
}

function entry(one: TimelineEntry): TemplateResult {
  const why = reason(one);
  const notes = [...(why ? [why] : []), ...one.changes.map(changed), ...one.notes];
  return html`<li>
    ${icon(shape(one))}
    <div>
      <p><time class="soft" datetime=${one.at}>${formatMomentInFull(one.at)}</time></p>
      <p>${one.by ? html`<strong><bdi>${one.by}</bdi></strong>: ` : nothing}${sentence(one)}</p>
      ${notes.map((note) => html`<p class="sub">${note}</p>`)}
    </div>
  </li>`;
}

/** Newest first. */
export function timeline(entries: TimelineEntry[]): TemplateResult {
  return html`<ol class="timeline">${[...entries].reverse().map(entry)}</ol>`;
}
