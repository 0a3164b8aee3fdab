// The tab "Special Exams" of Open edX's own instructor dashboard. The dashboard constructs four views by name, each
// with the jQuery object of the tab's section; each fills its container with a section of the staff page. Sections of
// extensions for which the
// dashboard has no container, such as the live board, fold out above its panels.

import { send } from './http';
import { errorTextForStaff } from './errors';
import { gettext } from './page';

/** The part of a jQuery object that is used here. */
interface Section {
  [index: number]: HTMLElement | undefined;
  data?: (name: string, value: unknown) => unknown;
}

interface Parts {
  courseId: string;
  apiBase: string;
  page: string;
  styles: string;
  scripts: string[];
  sections: { name: string; title: string; element: string }[];
}

type Refreshable = HTMLElement & { refresh?: () => void };

const CONFIG = 'proctoring-staff-config'; // the element from which the sections read their texts
const HEAD_LEVEL = '2'; // of headings: those of the panels have 3
const BELOW_PANEL_LEVEL = '4';
const OURS = ['accommodations', 'onboarding', 'attempts', 'reviews']; // in panels of the dashboard
const asked: Record<string, Promise<Parts> | undefined> = {};
const shown: Refreshable[] = [];
const hidden = new Set<Element>(); // containers in closed panels, or in a tab that is not open

function add<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  parent: Element,
  attributes: Record<string, string>,
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name]);
  element.textContent = text;
  parent.appendChild(element);
  return element;
}

/** Once per page: the styles, texts and scripts of all sections. */
function load(parts: Parts): void {
  if (document.getElementById(CONFIG)) return;
  add('script', document.head, { id: CONFIG, type: 'application/json' }, JSON.stringify(parts));
  add('link', document.head, { rel: 'stylesheet', href: parts.styles });
  for (const src of parts.scripts) {
    const script = document.createElement('script');
    script.type = 'module';
    script.async = false; // sections of extensions need the script of the staff page
    script.src = src;
    document.head.appendChild(script);
  }
}

function partsOf(courseId: string): Promise<Parts> {
  const url = `/api/edx_proctoring/pages/courses/${encodeURI(courseId)}/special-exams/parts/`;
  const known = asked[courseId];
  if (known) return known;
  const answer = send<Parts>('GET', url).then((parts) => {
    if (!parts) throw new Error('empty');
    load(parts);
    return parts;
  });
  asked[courseId] = answer;
  answer.catch(() => delete asked[courseId]); // so that the next try asks again
  return answer;
}

function mount(container: Element, parts: Parts, tag: string, level: string): Refreshable {
  const section: Refreshable = document.createElement(tag);
  section.setAttribute('course-id', parts.courseId);
  section.setAttribute('api-base', parts.apiBase);
  section.setAttribute('heading-level', level);
  container.appendChild(section);
  shown.push(section);
  return section;
}

/**
 * Create the section when it is first opened. While it is closed it refreshes rarely; opening it again refreshes it.
 */
function foldOut(parent: Element, parts: Parts, { title, element }: Parts['sections'][0]): void {
  const details = add('details', parent, { class: 'proctoring-staff-section' });
  add('summary', details, {}, title);
  let section: Refreshable | null = null;
  details.addEventListener('toggle', () => {
    if (!details.open) return;
    if (section) section.refresh?.();
    else section = mount(details, parts, element, HEAD_LEVEL);
  });
}

/** Above the panels: a link to the page with all sections, and the sections that have no panel. */
function addHead(wrapper: Element, parts: Parts): void {
  if (wrapper.querySelector('.proctoring-staff-head')) return;
  const head = document.createElement('div');
  head.className = 'proctoring-staff-head';
  const line = add('p', head, { class: 'proctoring-staff-page-link' });
  add('a', line, { href: parts.page }, gettext('Open the special exams on a page of their own'));
  for (const section of parts.sections) if (OURS.indexOf(section.name) < 0) foldOut(head, parts, section);
  wrapper.insertBefore(head, wrapper.firstChild);
}


function fail(container: Element, error: unknown, retry: () => void): void {
  const line = add('p', container, { role: 'alert', class: 'error-message' }, `${errorTextForStaff(error)} `);
  add('button', line, { type: 'button', class: 'btn-link' }, gettext('Try again')).onclick = retry;
}

function fill(container: HTMLElement, name: string): void {
  container.textContent = gettext('Loading…');
  partsOf(container.dataset.courseId ?? '').then(
    (parts) => {
      container.textContent = '';
      // an extension may replace it
      const element = parts.sections.filter((section) => section.name === name)[0]?.element;
      mount(container, parts, element ?? `proctoring-${name}`, BELOW_PANEL_LEVEL);
      const wrapper = container.closest('.proctoring-wrapper');
      if (wrapper) addHead(wrapper, parts);
    },
    (error) => {
      container.textContent = '';
      fail(container, error, () => fill(container, name));
    },
  );
}

/**
 * Call back when the element is first visible: most visits to the dashboard never open this tab. Then, whenever it
 * is visible again.
 */
function whenSeen(element: Element, work: () => void, again: () => void = () => undefined): void {
  if (!('IntersectionObserver' in window)) return work();
  let isFirst = true;
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, boundingClientRect } of entries) {
      if (isIntersecting && isFirst) work();
      else if (isIntersecting && hidden.has(element)) again();
      if (isIntersecting) {
        isFirst = false;
        hidden.delete(element);
      } else if (!boundingClientRect.height) hidden.add(element); // other panels are only scrolled out of view
    }
  });
  observer.observe(element);
}

function refresh(sections: Refreshable[]): void {
  for (const one of sections) one.refresh?.();
}

/** Load the head when the tab is opened. If that fails, each panel reports it when it is opened, and tries again. */
function watchTab(container: Element, courseId: string): void {
  const wrapper = container.closest('.proctoring-wrapper');
  if (wrapper) whenSeen(wrapper, () => void partsOf(courseId).then((parts) => addHead(wrapper, parts), () => undefined));
}

/** A constructor for the dashboard. Without its container, or without a section, it does nothing. */
function view(containerClass: string, name: string, isWrapper = false) {
  return class {
    constructor(section?: Section) {
      if (isWrapper && section?.data) section.data('wrapper', this);
      const container = section?.[0]?.querySelector<HTMLElement>(`.${containerClass}`);
      if (!container?.dataset.courseId) return;
      if (isWrapper) watchTab(container, container.dataset.courseId);
      if (!container.firstChild) container.textContent = gettext('Loading…'); // an empty element never intersects
      const sections = () => shown.filter((one) => container.contains(one));
      whenSeen(container, () => fill(container, name), () => refresh(sections()));
    }

    /** Handle the opening of the tab: hidden sections are refreshed when they are visible again. */
    onClickTitle(): void {
      refresh(shown.filter(({ parentElement }) => !parentElement || !hidden.has(parentElement)));
    }

    onExit(): void {}
  };
}

interface Edx {
  instructor_dashboard?: { proctoring?: Record<string, unknown> };
}

function publish(): void {
  const root = window as unknown as { edx?: Edx };
  root.edx ??= {};
  root.edx.instructor_dashboard ??= {};
  const views = (root.edx.instructor_dashboard.proctoring ??= {});
  views.ProctoredExamAllowanceView = view('special-allowance-container', 'accommodations', true);
  views.ProctoredExamOnboardingView = view('student-onboarding-status-container', 'onboarding');
  views.ProctoredExamAttemptView = view('student-proctored-exam-container', 'attempts');
  views.ProctoredExamDashboardView = view('student-review-dashboard-container', 'reviews');
}

publish();
