// The tab of Open edX's instructor dashboard, as that page makes it.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { server, settle } from './helpers';

const COURSE = 'course-v1:edX+Demo+2026';
const CONTAINERS = {
  ProctoredExamAllowanceView: ['special-allowance-container', 'proctoring-accommodations'],
  ProctoredExamOnboardingView: ['student-onboarding-status-container', 'proctoring-onboarding'],
  ProctoredExamAttemptView: ['student-proctored-exam-container', 'proctoring-attempts'],
  ProctoredExamDashboardView: ['student-review-dashboard-container', 'proctoring-reviews'],
} as const;
const PARTS = {
  courseId: COURSE,
  apiBase: '/api/v2/',
  page: '/pages/special-exams/',
  styles: '/static/staff.css',
  scripts: ['/static/staff.js'],
  sections: [{ name: 'attempts', title: 'Attempts', element: 'proctoring-attempts' }],
  texts: { Attempts: 'Versuche' },
};

type View = new (section?: unknown) => { onClickTitle(): void };
const views = () => (window as any).edx.instructor_dashboard.proctoring as Record<string, View>;

/** What the dashboard passes on: as much of jQuery as we use. */
function jQuery(element?: Element) {
  const stored: Record<string, unknown> = {};
  return { 0: element, length: element ? 1 : 0, stored, data: (name: string, value: unknown) => (stored[name] = value) };
}

function tab(): HTMLElement {
  const panels = Object.values(CONTAINERS).map(([name]) => `<div class="wrap"><h3 class="hd">…</h3><div class="${name}" data-course-id="${COURSE}"></div></div>`);
  document.body.innerHTML = `<section id="special_exams"><div class="proctoring-wrapper">
    <div id="proctoring-accordion">${panels.join('')}</div></div></section>`;
  return document.getElementById('special_exams')!;
}

beforeEach(async () => {
  vi.resetModules();
  document.head.replaceChildren();
  delete (window as any).edx;
  await import('../src/instructor_dashboard');
});
afterEach(() => vi.unstubAllGlobals());

test.each(Object.keys(CONTAINERS))('%s does nothing without its container', async (name) => {
  const sent = server({ body: PARTS });
  for (const section of [undefined, jQuery(), jQuery(document.createElement('section'))]) new (views()[name])(section);
  await settle();
  expect(sent).toEqual([]);
});

test.each(Object.entries(CONTAINERS))('%s fills .%s', async (name, [container, element]) => {
  const sent = server({ body: PARTS });
  const section = tab();
  new (views()[name])(jQuery(section));
  await settle();
  const found = section.querySelector(`.${container} > ${element}`)!;
  expect(found.getAttribute('course-id')).toBe(COURSE);
  expect(found.getAttribute('api-base')).toBe('/api/v2/');
  expect(found.getAttribute('heading-level')).toBe('4');
  expect(sent[0].url).toBe(`/api/edx_proctoring/pages/courses/${COURSE}/special-exams/parts/`);
});

test('a section of an extension replaces one of ours', async () => {
  server({ body: { ...PARTS, sections: [{ name: 'accommodations', element: 'their-accommodations' }] } });
  const section = tab();
  new (views().ProctoredExamAllowanceView)(jQuery(section));
  await settle();
  expect(section.querySelector('.special-allowance-container')!.firstElementChild!.localName).toBe('their-accommodations');
});

test('shared scripts and styles are loaded once', async () => {
  const sent = server({ body: PARTS });
  const section = tab();
  for (const View of Object.values(views())) new View(jQuery(section));
  await settle();
  expect(sent).toHaveLength(1);
  expect(document.head.querySelectorAll('script[type="module"][src="/static/staff.js"]')).toHaveLength(1);
  expect(document.head.querySelectorAll('link[href="/static/staff.css"]')).toHaveLength(1);
  expect(JSON.parse(document.getElementById('proctoring-staff-config')!.textContent!).texts).toEqual(PARTS.texts);
  expect(section.querySelectorAll('a[href="/pages/special-exams/"]')).toHaveLength(1);
});

test('a section without a panel, such as the live board, folds out above the panels', async () => {
  const live = { name: 'live', title: 'Live', element: 'proctoring-live' };
  const sent = server({ body: { ...PARTS, sections: [live, ...PARTS.sections] } });
  const section = tab();
  const wrapper = new (views().ProctoredExamAllowanceView)(jQuery(section));
  new (views().ProctoredExamAttemptView)(jQuery(section));
  await settle();
  const [details, ...more] = section.querySelectorAll('details');
  expect(more).toEqual([]);
  expect(details.querySelector('summary')!.textContent).toBe('Live');
  expect(details.compareDocumentPosition(section.querySelector('#proctoring-accordion')!)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
  expect(details.children).toHaveLength(1); // nothing is loaded for it
  const toggle = (open: boolean) => {
    details.open = open;
    details.dispatchEvent(new Event('toggle'));
  };
  toggle(true);
  const board = details.querySelector('proctoring-live')!;
  expect(board.getAttribute('course-id')).toBe(COURSE);
  expect(board.getAttribute('heading-level')).toBe('2');
  const refresh = vi.fn();
  Object.assign(board, { refresh });
  toggle(false);
  expect(refresh).not.toHaveBeenCalled();
  toggle(true);
  wrapper.onClickTitle();
  expect(refresh).toHaveBeenCalledTimes(2);
  expect(details.querySelectorAll('proctoring-live')).toHaveLength(1);
  expect(sent).toHaveLength(1);
});

test('the first view is the wrapper, which the dashboard notifies when the tab is opened', async () => {
  server({ body: PARTS });
  const section = tab();
  const $section = jQuery(section);
  const wrapper = new (views().ProctoredExamAllowanceView)($section);
  new (views().ProctoredExamAttemptView)($section);
  await settle();
  expect($section.stored.wrapper).toBe(wrapper);
  const refresh = vi.fn();
  Object.assign(section.querySelector('proctoring-attempts')!, { refresh });
  wrapper.onClickTitle();
  expect(refresh).toHaveBeenCalledOnce();
});

describe('a panel', () => {
  const HIDDEN = { isIntersecting: false, boundingClientRect: { height: 0 } };
  const SCROLLED_AWAY = { isIntersecting: false, boundingClientRect: { height: 300 } };
  const SEEN = { isIntersecting: true, boundingClientRect: { height: 300 } };
  let see: (...entries: object[]) => void;

  beforeEach(() => {
    vi.stubGlobal('IntersectionObserver', class {
      constructor(callback: (entries: object[]) => void) {
        see = (...entries) => callback(entries);
      }
      observe(): void {}
    });
  });

  test('sends no request until it is visible', async () => {
    const sent = server({ body: PARTS });
    new (views().ProctoredExamAttemptView)(jQuery(tab()));
    await settle();
    see(HIDDEN);
    expect(sent).toEqual([]);
    see(SEEN);
    await settle();
    expect(document.querySelectorAll('proctoring-attempts')).toHaveLength(1);
  });

  test('is loaded once more when it is opened again, and not when it is scrolled to', async () => {
    server({ body: PARTS });
    const view = new (views().ProctoredExamAttemptView)(jQuery(tab()));
    see(SEEN);
    await settle();
    const refresh = vi.fn();
    Object.assign(document.querySelector('proctoring-attempts')!, { refresh });
    see(SCROLLED_AWAY);
    see(SEEN);
    expect(refresh).not.toHaveBeenCalled();
    see(HIDDEN);
    view.onClickTitle();
    expect(refresh).not.toHaveBeenCalled();
    see(SEEN);
    expect(refresh).toHaveBeenCalledOnce();
    view.onClickTitle(); // of the open tab
    expect(refresh).toHaveBeenCalledTimes(2);
    expect(document.querySelectorAll('proctoring-attempts')).toHaveLength(1);
  });
});

test('a failure is shown in the panel, and loading can be repeated', async () => {
  server({ status: 403, body: { detail: 'Must be a Staff User to Perform this request.' } }, { body: PARTS });
  const section = tab();
  new (views().ProctoredExamAttemptView)(jQuery(section));
  await settle();
  const alert = section.querySelector('.student-proctored-exam-container [role="alert"]')!;
  expect(alert.textContent).toContain('Must be a Staff User');
  alert.querySelector('button')!.click();
  await settle();
  expect(section.querySelectorAll('proctoring-attempts')).toHaveLength(1);
  expect(section.querySelectorAll('[role="alert"]')).toHaveLength(0);
});
