// The staff page: shows one section at a time, each a custom element of this package or of an extension.

import { LitElement, type TemplateResult, html, nothing } from 'lit';
import { icon } from './icons';
import { styles } from './styles';
import { gettext, setCatalog } from './i18n';

interface Section {
  name: string;
  title: string;
  element: string;
}

interface Config {
  courseId: string;
  courseName?: string; // if the host knows it
  apiBase: string;
  sections: Section[];
  texts?: Record<string, string>;
}

/** `config` is the id of a script element with JSON: `courseId`, `apiBase`, `sections`, `texts`. */
export class ProctoringStaffPage extends LitElement {
  static override styles = styles;
  static override properties = { config: {} };
  declare config: string;

  private data: Config = { courseId: '', apiBase: '', sections: [] };
  private current?: Section;
  private shown?: Section; // that was current when the page was last rendered
  private readonly queries = new Map<string, string>(); // what each section shows, by its name
  private readonly mounted = new Map<string, HTMLElement | null>();

  constructor() {
    super();
    this.config = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const text = document.getElementById(this.config)?.textContent;
    if (text) this.data = JSON.parse(text) as Config;
    setCatalog(this.data.texts ?? {});
    this.follow();
    window.addEventListener('hashchange', this.changed);
    window.addEventListener('load', this.complete);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('hashchange', this.changed);
    window.removeEventListener('load', this.complete);
  }

  private complete = (): void => this.requestUpdate();

  private changed = (): void => {
    const before = this.current;
    this.follow();
    if (before === this.current) return;
    void this.updateComplete.then(() => this.element()?.focus());
  };

  /** Show the section in the URL: `#section?query`. Other anchors on the page change nothing. */
  private follow(): void {
    const [name, query = ''] = window.location.hash.slice(1).split('?', 2);
    const found = this.data.sections.find((section) => section.name === name);
    if (!found && this.current) return;
    this.current = found ?? this.data.sections[0];
    if (found) {
      this.queries.set(found.name, query);
      this.element()?.setAttribute('query', query);
    } else if (!name && this.current) {
      window.history.replaceState(window.history.state, '', this.address(this.current)); // for the way back to it
    }
    this.requestUpdate();
  }

  /** The element of the current section; null if its name cannot be one. Each is made once and kept. */
  private element(): HTMLElement | null {
    const section = this.current;
    if (!section) return null;
    if (!this.mounted.has(section.name)) this.mounted.set(section.name, this.made(section));
    return this.mounted.get(section.name) ?? null;
  }

  private made(section: Section): HTMLElement | null {
    try {
      const element = document.createElement(section.element);
      element.setAttribute('course-id', this.data.courseId);
      element.setAttribute('api-base', this.data.apiBase);
      void customElements.whenDefined(section.element).then(this.complete);
      return element;
    } catch {
      return null;
    }
  }

  /** Keep the state of the section in the URL, so that it can be shared. */
  private keep({ detail }: CustomEvent<string>): void {
    if (!this.current) return;
    this.queries.set(this.current.name, detail);
    window.history.replaceState(window.history.state, '', this.address(this.current));
    this.requestUpdate();
  }

  private address({ name }: Section): string {
    const query = this.queries.get(name);
    return query ? `#${name}?${query}` : `#${name}`;
  }

  private navigation(): TemplateResult {
    const { pathname, search } = window.location;
    // With the path: a fragment alone that is scrolled out of view is taken for a skip link.
    const link = (section: Section) =>
      html`<li><a href=${pathname + search + this.address(section)} aria-current=${section === this.current ? 'page' : nothing}>${section.title}</a></li>`;
    return html`<nav class="sections" aria-label=${gettext('Special exams')}>
      <ul>${this.data.sections.map(link)}</ul>
    </nav>`;
  }

  private section(): TemplateResult {
    const element = this.element();
    const isDefined = element && customElements.get(element.localName);
    if (isDefined || (element && document.readyState !== 'complete')) {
      return html`<div @proctoring-query=${(event: CustomEvent<string>) => this.keep(event)}>${element}</div>`;
    }
    return html`<div class="card empty" role="alert">
      ${icon('warn')}
      <h2>${gettext('This section could not be loaded')}</h2>
      <p>${gettext('Reload the page. If that does not help, tell the administrators of this site.')}</p>
    </div>`;
  }

  /** Narrow pages scroll the links horizontally: show the current one, without moving the page itself. */
  protected override updated(): void {
    if (this.shown === this.current) return;
    this.shown = this.current;
    const link = this.renderRoot.querySelector('.sections [aria-current]');
    const list = link?.closest('ul');
    if (!link || !list) return;
    const [inner, outer] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
    list.scrollLeft += Math.min(0, inner.left - outer.left) + Math.max(0, inner.right - outer.right);
  }

  override render(): TemplateResult {
    const { courseName } = this.data;
    return html`<div class="px">
      <div class="page">
        <header class="head">
          <div>
            <p class="crumbs">${courseName ? html`<bdi>${courseName}</bdi> · ` : nothing}<bdi>${this.data.courseId}</bdi></p>
            <h1>${gettext('Special exams')}</h1>
          </div>
        </header>
        ${this.navigation()} ${this.section()}
      </div>
    </div>`;
  }
}
