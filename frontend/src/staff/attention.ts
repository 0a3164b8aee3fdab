// How many attempts wait for a decision of staff, and a button that shows only these: the list is in its own order, so
// they may be on any page of it.

import { type ReactiveControllerHost, type TemplateResult, html, nothing } from 'lit';
import { read } from '../http';
import { icon } from './icons';
import type { List, Page } from './list';
import { hasFilters } from './list_query';
import type { Attempt } from './statuses';
import { ngettext } from './i18n';

export const NEEDS_ATTENTION = 'needs_attention';

export class Attention {
  private count = 0;
  private counted: Page<Attempt> | null = null;

  /** `address`: the URL of the list, which counts for the filter. */
  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly address: () => string,
  ) {}

  forget(): void {
    this.count = 0;
    this.counted = null;
  }

  /** Count anew when the first page without filters has changed. If it holds all attempts, nothing has to be requested. */
  follow({ page, query, isBusy }: List<Attempt>): void {
    if (!page || isBusy || page === this.counted || query.page > 1 || hasFilters(query)) return;
    this.counted = page;
    if (page.count > page.results.length) return void this.ask();
    this.show(page.results.filter((attempt) => attempt.needs_attention).length);
  }

  private async ask(): Promise<void> {
    const address = this.address();
    const answer = await read<Page<unknown>>(`${address}?${NEEDS_ATTENTION}=true&page_size=1`).catch(() => null);
    if (address !== this.address() || !answer?.data) return; // of another course
    this.show(answer.data.count);
  }

  private show(count: number): void {
    if (count === this.count) return;
    this.count = count;
    this.host.requestUpdate();
  }

  /** Nothing while the list shows only these. */
  render(shown: string | undefined, show: () => void): TemplateResult | typeof nothing {
    const { count } = this;
    if (!count || shown === NEEDS_ATTENTION) return nothing;
    return html`<div class="card banner needs-attention" data-tone="warn">
      ${icon('warn')}
      <p><strong>${ngettext('{count} attempt needs attention.', '{count} attempts need attention.', count)}</strong></p>
      <button type="button" class="btn btn-small" @click=${show}>
        ${ngettext('Show this attempt', 'Show these attempts', count)}
      </button>
    </div>`;
  }
}
