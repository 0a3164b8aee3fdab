import { describe, expect, test, vi } from 'vitest';
import { visible } from './helpers';
import { aStaffPageEachTime, all, api, attempt, button, mount, one, pageOf, rendered, texts } from './staff_helpers';

const LATER = { created: '2026-03-01T13:00:30Z' };
const PROBLEM = { status: 503, body: { detail: 'The database is busy.', code: 'busy' } };

aStaffPageEachTime();

describe('refresh', () => {
  const minute = () => vi.advanceTimersByTimeAsync(60_000);

  test('updates changed cells only', async () => {
    const server = api(({ etag }) => (etag === '"1"' ? { status: 304 } : { ...pageOf(attempt(1)), etag: '"1"' }));
    const element = await mount();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.asked.map(({ etag }) => etag)).toEqual([null, '"1"']);
    const row = one(element, 'tbody tr');
    server.reply = () => ({ ...pageOf(attempt(1, { status: 'verified' })), etag: '"2"' });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(texts(element, '.status')).toEqual(['Passed review']);
    expect(one(element, 'tbody tr')).toBe(row);
  });

  test('new rows are shown on request', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    server.reply = () => ({ ...pageOf(attempt(2, LATER), attempt(1, { status: 'verified' })), etag: '"2"' });
    await minute();
    expect(texts(element, '.who')).toEqual(['learner1']);
    expect(texts(element, '.status')).toEqual(['Passed review']);
    expect(texts(element, '.announcement')).toEqual(['Show new attempts: 1']); // said once
    button(element, 'Show new attempts: 1').click();
    await rendered();
    expect(texts(element, '.who')).toEqual(['learner2', 'learner1']);
    expect(element.shadowRoot!.activeElement).toBe(one(element, 'h2'));
  });

  test('rows that only moved to this page are shown in place', async () => {
    const server = api(() => pageOf(attempt(1), attempt(2)));
    const element = await mount();
    server.reply = () => ({ ...pageOf(attempt(3), attempt(1)), etag: '"2"' });
    await minute();
    expect(texts(element, '.who')).toEqual(['learner3', 'learner1']);
    expect(all(element, '.banner')).toEqual([]);
  });

  test.each([401, 403])('after %i the rows are gone, and nothing is asked until the reader does', async (status) => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    server.reply = () => ({ status, body: { detail: 'You do not have permission.', code: 'permission_denied' } });
    await minute();
    expect(all(element, 'tbody tr')).toEqual([]);
    const { length } = server.asked;
    await minute();
    expect(server.asked).toHaveLength(length);
    server.reply = () => pageOf(attempt(1));
    button(element, 'Try again').click();
    await rendered();
    expect(all(element, 'tbody tr')).toHaveLength(1);
    await minute();
    expect(server.asked.length).toBeGreaterThan(length + 1);
  });

  test('new rows come with the button for a refresh, too', async () => {
    const server = api(({ etag }) => (etag === '"2"' ? { status: 304 } : pageOf(attempt(1))));
    const element = await mount();
    server.reply = ({ etag }) => (etag === '"2"' ? { status: 304 } : { ...pageOf(attempt(2, LATER), attempt(1)), etag: '"2"' });
    await minute();
    one(element, 'proctoring-freshness').dispatchEvent(new Event('proctoring-refresh'));
    await rendered();
    expect(texts(element, '.who')).toEqual(['learner2', 'learner1']);
  });

  test('the first page where the one that is shown is beyond the end by now', async () => {
    const server = api(() => ({ body: { count: 60, results: [attempt(60)] } }));
    const element = await mount({ query: 'page=3' });
    const told: string[] = [];
    element.addEventListener('proctoring-query', (event) => told.push((event as CustomEvent<string>).detail));
    server.reply = ({ query }) => (query.get('page') ? { status: 404, body: { detail: 'Invalid page.' } } : pageOf(attempt(1)));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(texts(element, '.who')).toEqual(['learner1']);
    expect(texts(element, '.banner')).toEqual([]);
    expect(told).toEqual(['']);
  });

  test('is slower while the page is hidden, and immediate when it is visible again', async () => {
    const server = api(() => pageOf(attempt(1)));
    await mount();
    visible(false);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(server.asked).toHaveLength(1);
    visible(true);
    await rendered();
    expect(server.asked).toHaveLength(2);
  });

  test('is slower while the host hides the section, whose place is not measured before', async () => {
    const server = api(() => pageOf(attempt(1)));
    const measured = vi.fn(() => false);
    Element.prototype.checkVisibility = measured; // jsdom has no layout
    await mount();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(measured).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.asked).toHaveLength(2);
    measured.mockReturnValue(true);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.asked).toHaveLength(3);
    Reflect.deleteProperty(Element.prototype, 'checkVisibility');
  });

  test('after failures the rows stay, and retries back off', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    server.reply = () => PROBLEM;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(texts(element, '.banner p')).toEqual(['The attempts could not be loaded The database is busy.']);
    expect(one(element, '.banner').getAttribute('role')).toBe(null); // nobody has asked for it
    expect(all(element, 'tbody tr')).toHaveLength(1);
    const freshness = one(element, 'proctoring-freshness');
    expect(texts(freshness, '.fresh')).toEqual(['Not up to date, last refresh 30 sec. ago']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(server.asked).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(server.asked).toHaveLength(4);
    server.reply = () => pageOf(attempt(1));
    await vi.advanceTimersByTimeAsync(40_000);
    expect(all(element, '.banner')).toEqual([]);
    expect(texts(freshness, '.fresh')[0]).toMatch(/^Updated/);
  });

  test('ends when the element leaves the page, and goes on when it is back', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    element.remove();
    await minute();
    expect(server.asked).toHaveLength(1);
    document.body.append(element);
    await rendered();
    expect(server.asked).toHaveLength(2);
  });
});
