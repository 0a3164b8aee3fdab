// "Updated 5 sec. ago", and a button that refreshes immediately.

import { LitElement, html, nothing, type TemplateResult } from 'lit';
import { icon } from './icons';
import { styles } from './styles';
import { formatAge, gettext, interpolate } from './i18n';

const TICK_MS = 5000;

/** `updatedAt` in milliseconds, 0 before the first response; `late` if loading fails. Fires `proctoring-refresh`. */
export class ProctoringFreshness extends LitElement {
  static override styles = styles;
  static override properties = { updatedAt: { type: Number }, late: { type: Boolean } };
  declare updatedAt: number;
  declare late: boolean;
  private timer?: ReturnType<typeof setInterval>;

  constructor() {
    super();
    this.updatedAt = 0;
    this.late = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  private text(): string {
    const age = formatAge(Date.now() - this.updatedAt);
    return interpolate(this.late ? gettext('Not up to date, last refresh {age}') : gettext('Updated {age}'), { age });
  }

  private refresh(): void {
    this.dispatchEvent(new Event('proctoring-refresh', { bubbles: true, composed: true }));
  }

  override render(): TemplateResult {
    const label = gettext('Refresh now');
    return html`<span class="fresh" data-tone=${this.late ? 'warn' : 'good'}>
      ${this.updatedAt ? html`<span class="pulse"></span><span>${this.text()}</span>` : nothing}
      <button type="button" class="btn btn-icon btn-quiet btn-small" aria-label=${label} title=${label} @click=${() => this.refresh()}>
        ${icon('refresh')}
      </button>
    </span>`;
  }
}
