// The pager below a list: which rows it shows, and links to the other pages.

import { type TemplateResult, html } from 'lit';
import { live } from 'lit/directives/live.js';
import { icon } from './icons';
import type { Page } from './list';
import { PAGE_SIZES, type ListQuery } from './list_query';
import { formatCount, formatNumber, gettext, interpolate } from './i18n';

type Counted = Pick<Page<unknown>, 'count' | 'count_is_about'>;
type Change = (query: Partial<ListQuery>) => void;

/** `aria-disabled` rather than `disabled`: the last page must not take the focus away. */
function step(isBack: boolean, isPossible: boolean, go: () => void): TemplateResult {
  const content = isBack ? html`${icon('left')}${gettext('Previous')}` : html`${icon('right')}${gettext('Next')}`;
  return html`<button
    type="button"
    class="btn btn-small"
    aria-disabled=${isPossible ? 'false' : 'true'}
    @click=${() => isPossible && go()}
  >
    ${content}
  </button>`;
}

function lastPage(count: number, { pageSize }: ListQuery): number {
  return Math.max(1, Math.ceil(count / pageSize));
}

export function pagePosition({ count, ...about }: Counted, query: ListQuery): string {
  const last = lastPage(count, query);
  const numbers = { page: formatNumber(query.page), last: formatCount({ ...about, count: last }) };
  return interpolate(gettext('Page {page} of {last}'), numbers);
}

export function pager(found: Page<unknown>, query: ListQuery, change: Change): TemplateResult {
  const { page, pageSize } = query;
  const numbers = {
    first: formatNumber((page - 1) * pageSize + 1),
    last: formatNumber(Math.min(page * pageSize, found.count)),
    count: formatCount(found),
  };
  const resize = (event: Event) => change({ pageSize: Number((event.target as HTMLSelectElement).value) });
  return html`<nav class="pager" aria-label=${gettext('Pages')}>
    <span>${interpolate(gettext('{first}–{last} of {count}'), numbers)}</span>
    <span class="sizes">
      <label for="page-size">${gettext('Rows')}</label>
      <span class="select">
        <select id="page-size" @change=${resize}>
          ${PAGE_SIZES.map((size) => html`<option value=${size} .selected=${live(size === pageSize)}>${size}</option>`)}
        </select>
        ${icon('down')}
      </span>
    </span>
    <span class="steps">
      ${step(true, page > 1, () => change({ page: page - 1 }))}
      <span>${pagePosition(found, query)}</span>
      ${step(false, page < lastPage(found.count, query), () => change({ page: page + 1 }))}
    </span>
  </nav>`;
}
