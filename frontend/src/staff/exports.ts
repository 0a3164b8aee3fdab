// Lists as files: the rows that the filters leave, as the browser downloads them.

import { type TemplateResult, html } from 'lit';
import { icon } from './icons';
import { gettext } from './text';

/** The byte order mark lets Excel read names in all languages. */
export function exportButton(url: string, query: URLSearchParams): TemplateResult {
  query.set('bom', 'true');
  return html`<a class="btn export" href=${`${url}?${query}`} download>${icon('download')}${gettext('Export CSV')}</a>`;
}
