import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { formatDate, formatNumber, ngettext, setCatalog } from '../src/staff/i18n';
import { all, api, attempt, BASE, one, pageOf, rendered, texts } from './staff_helpers';

customElements.define(
  'test-notes',
  class extends HTMLElement {
    override focus(): void {
      this.dataset.focused = 'true';
    }
  },
);

const SECTIONS = [
  { name: 'attempts', title: 'Attempts', element: 'proctoring-attempts' },
  { name: 'notes', title: 'Notes', element: 'test-notes' },
  { name: 'absent', title: 'Absent', element: 'test-absent' },
  { name: 'wrong', title: 'Wrong', element: 'not a name' },
];

beforeEach(() => {
  window.location.hash = '';
  vi.useFakeTimers({ now: new Date('2026-03-01T13:00:00Z') });
  api(() => pageOf(attempt(1)));
});
afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function open(hash = '', texts: Record<string, string> = {}, courseName = ''): Promise<HTMLElement> {
  window.location.hash = hash;
  const config = document.createElement('script');
  config.id = 'config';
  config.type = 'application/json';
  config.textContent = JSON.stringify({ courseId: 'course-v1:a+b+c', courseName, apiBase: BASE, sections: SECTIONS, texts });
  const page = document.createElement('proctoring-staff-page');
  page.setAttribute('config', 'config');
  document.body.append(config, page);
  await rendered();
  return page;
}

async function go(hash: string): Promise<void> {
  window.location.hash = hash;
  window.dispatchEvent(new Event('hashchange'));
  await rendered();
}

test('the first section is shown, and told what it is about', async () => {
  const page = await open();
  expect(texts(page, 'nav a')).toEqual(['Attempts', 'Notes', 'Absent', 'Wrong']);
  expect(texts(page, '[aria-current="page"]')).toEqual(['Attempts']);
  const section = one(page, 'proctoring-attempts');
  expect(section.getAttribute('course-id')).toBe('course-v1:a+b+c');
  expect(section.getAttribute('api-base')).toBe(BASE);
});

test('the course’s name is shown beside its id, if the host knows it', async () => {
  expect(texts(await open(), '.crumbs')).toEqual(['course-v1:a+b+c']);
  document.body.replaceChildren();
  expect(texts(await open('', {}, 'Statistics <2>'), '.crumbs')).toEqual(['Statistics <2> · course-v1:a+b+c']);
});

test('a deep link opens a section and what it showed', async () => {
  const page = await open('#attempts?search=jo');
  expect(one<HTMLInputElement>(one(page, 'proctoring-attempts'), 'input').value).toBe('jo');
});

test('the next section is shown, gets the focus, and the first one is as it was', async () => {
  const page = await open('#attempts?search=jo');
  const attempts = one(page, 'proctoring-attempts');
  await go('#notes');
  expect(texts(page, '[aria-current="page"]')).toEqual(['Notes']);
  expect(one(page, 'test-notes').dataset.focused).toBe('true');
  const back = all(page, 'nav a')[0] as HTMLAnchorElement;
  expect(back.getAttribute('href')).toBe('/#attempts?search=jo');
  await go(back.hash);
  expect(one(page, 'proctoring-attempts')).toBe(attempts);
  expect(one(attempts, 'h2')).toBe(attempts.shadowRoot!.activeElement);
});

test('what a section shows is kept in the address', async () => {
  const page = await open();
  const search = one<HTMLInputElement>(one(page, 'proctoring-attempts'), 'input');
  search.value = 'jo';
  search.dispatchEvent(new Event('change'));
  await rendered();
  expect(window.location.hash).toBe('#attempts?search=jo');
});

test('the browser\'s back button also leads to the first section', async () => {
  const page = await open();
  const first = window.location.hash;
  await go('#notes');
  await go(first);
  expect(texts(page, '[aria-current="page"]')).toEqual(['Attempts']);
});

test('an anchor that is no section changes nothing', async () => {
  const page = await open('#notes');
  await go('#elsewhere');
  expect(texts(page, '[aria-current="page"]')).toEqual(['Notes']);
});

test.each(['absent', 'wrong'])('the section "%s", of which there is no element, is an error of its own', async (name) => {
  const page = await open(`#${name}`);
  expect(texts(page, '[role="alert"] h2')).toEqual(['This section could not be loaded']);
  await go('#notes');
  expect(all(page, '[role="alert"]')).toEqual([]);
});

test('a section that is defined late is shown then', async () => {
  const page = await open('#absent');
  customElements.define('test-absent', class extends HTMLElement {});
  await rendered();
  expect(all(page, 'test-absent')).toHaveLength(1);
  expect(all(page, '[role="alert"]')).toEqual([]);
});

test('texts come from the page\'s catalog, else from the host\'s', async () => {
  window.gettext = (text) => (text === 'All exams' ? 'Alle Prüfungen' : text);
  const page = await open('', { 'Special exams': 'Besondere Prüfungen' });
  expect(texts(page, 'h1')).toEqual(['Besondere Prüfungen']);
  expect(texts(one(page, 'proctoring-attempts'), 'select[name="exam"] option')[0]).toBe('Alle Prüfungen');
  delete window.gettext;
});

test('a text with a number has the form for it in the page’s language', () => {
  const { lang } = document.documentElement;
  const forms = (count: number) => ngettext('End {count} attempt', 'End {count} attempts', count);
  setCatalog({});
  expect([1, 2, 0].map(forms)).toEqual(['End 1 attempt', 'End 2 attempts', 'End 0 attempts']);
  document.documentElement.lang = 'es'; // a category more than the catalog has forms
  setCatalog({ 'End {count} attempt': ['Terminar {count} intento', 'Terminar {count} intentos'] });
  expect([1, 2, 1_000_000].map(forms)).toEqual(['Terminar 1 intento', 'Terminar 2 intentos', 'Terminar 1.000.000 intentos']);
  document.documentElement.lang = 'ru';
  setCatalog({ 'End {count} attempt': ['one {count}', 'few {count}', 'many {count}'] });
  expect([21, 22, 25].map(forms)).toEqual(['one 21', 'few 22', 'many 25']);
  setCatalog({});
  document.documentElement.lang = lang;
});

test('numbers and times follow the language of the page', () => {
  const { lang } = document.documentElement;
  document.documentElement.lang = 'de';
  expect([formatNumber(1234), formatDate(new Date(2026, 1, 3), { dateStyle: 'medium' })]).toEqual(['1.234', '03.02.2026']);
  document.documentElement.lang = 'en';
  expect([formatNumber(1234), formatDate(new Date(2026, 1, 3), { dateStyle: 'medium' })]).toEqual(['1,234', 'Feb 3, 2026']);
  document.documentElement.lang = lang;
  expect(formatDate(new Date('soon'), { dateStyle: 'medium' })).toBe('Invalid Date');
});

test('without data the page is empty and raises no error', async () => {
  const page = document.createElement('proctoring-staff-page');
  document.body.append(page);
  await rendered();
  expect(all(page, 'nav a')).toEqual([]);
});

test('narrow pages scroll to the link of the section that is chosen, not of one that is refreshed', async () => {
  const page = await open();
  const list = one(page, 'nav ul');
  vi.spyOn(list, 'getBoundingClientRect').mockReturnValue({ left: 10, right: 110 } as DOMRect);
  const notes = all(page, 'nav a')[1];
  vi.spyOn(notes, 'getBoundingClientRect').mockReturnValue({ left: 100, right: 150 } as DOMRect);
  await go('#notes');
  expect(list.scrollLeft).toBe(40);
  list.scrollLeft = 0;
  one(page, 'test-notes').dispatchEvent(new CustomEvent('proctoring-query', { detail: 'a=1', bubbles: true }));
  await rendered();
  expect(list.scrollLeft).toBe(0);
});
