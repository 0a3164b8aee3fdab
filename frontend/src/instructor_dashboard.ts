// The tab "Special Exams" of Open edX's own instructor dashboard. The dashboard constructs four views by name, each with the
// jQuery object of the tab's section; each fills its container with a section of the staff page.

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
  sections: { name: string; element: string }[];
}

type Refreshable = HTMLElement & { refresh?: () => void };

const CONFIG = 'proctoring-staff-config'; // where the sections find their texts
const HEADING_LEVEL = '4'; // below the panel's own heading
const asked: Record<string, Promise<Parts> | undefined> = {};
const shown: Refreshable[] = [];

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
    script.async = false; // those of extensions need the first one
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

/** A link to the page with all sections, including those of extensions. */
function linkPage(container: Element, url: string): void {
  const wrapper = container.closest('.proctoring-wrapper');
  if (!wrapper || wrapper.querySelector('.proctoring-staff-page-link')) return;
  const line = document.createElement('p');
  line.className = 'proctoring-staff-page-link';
  add('a', line, { href: url }, gettext('Open the special exams on a page of their own'));
  wrapper.insertBefore(line, wrapper.firstChild);
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
      const element = parts.sections.filter((section) => section.name === name)[0]?.element; // an extension may replace it
      const section: Refreshable = document.createElement(element ?? `proctoring-${name}`);
      section.setAttribute('course-id', parts.courseId);
      section.setAttribute('api-base', parts.apiBase);
      section.setAttribute('heading-level', HEADING_LEVEL);
      container.appendChild(section);
      shown.push(section);
      linkPage(container, parts.page);
    },
    (error) => {
      container.textContent = '';
      fail(container, error, () => fill(container, name));
    },
  );
}

/** Call back once the element is visible: most visits to the dashboard never open this tab. */
function whenSeen(element: Element, work: () => void): void {
  if (!('IntersectionObserver' in window)) return work();
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    work();
  });
  observer.observe(element);
}

/** A constructor for the dashboard. Without its container, or without a section, it does nothing. */
function view(containerClass: string, name: string, isWrapper = false) {
  return class {
    constructor(section?: Section) {
      if (isWrapper && section?.data) section.data('wrapper', this);
      const container = section?.[0]?.querySelector<HTMLElement>(`.${containerClass}`);
      if (!container?.dataset.courseId) return;
      if (!container.firstChild) container.textContent = gettext('Loading…'); // an empty element is never seen
      whenSeen(container, () => fill(container, name));
    }

    /** The tab was opened. */
    onClickTitle(): void {
      for (const one of shown) one.refresh?.();
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
