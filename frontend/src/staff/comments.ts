// The comments of a review: what was seen in the recording, and when.

import { type TemplateResult, html } from 'lit';
import type { Review } from './statuses';
import { formatDuration } from './i18n';

type Comment = Review['comments'][number];

/** From when to when; a provider that names no end sends 0. */
function span({ start_time: start, stop_time: stop }: Comment): string {
  return stop > start ? `${formatDuration(start)}–${formatDuration(stop)}` : formatDuration(start);
}

export function commentList(comments: Comment[]): TemplateResult {
  return html`<ul class="comments">
    ${comments.map(
      (one) => html`<li>
        <span class="num">${span(one)}</span>
        <span><bdi>${one.comment}</bdi> <span class="soft">(${one.status})</span></span>
      </li>`,
    )}
  </ul>`;
}
