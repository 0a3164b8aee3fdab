import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { visible } from './helpers';
import { NOW, ago, board, liveServer, mountBoard, row, silent } from './live_helpers';
import { all, button, one, rendered, texts } from './staff_helpers';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
  visible(true);
});
afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

vi.setConfig({ testTimeout: 20_000 }); // many rows, many ticks

const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const names = (element: Element) => texts(element, '.who');

describe('rows', () => {
  test('are grouped, with attention first, and setting up and ended collapsed', async () => {
    liveServer([silent(1), row(2), row(3, { group: 'setting_up', status: 'created', time_left_seconds: null, ends_at: null }), row(4, { group: 'ended', status: 'submitted', time_left_seconds: null })]);
    const element = await mountBoard();
    expect(texts(element, '.divider').map((text) => text.replace(/ (Show|Hide)$/, ''))).toEqual([
      'Need attention · 1, longest waiting first',
      'Running · 1, least time left first',
      'Setting up · 1',
      'Ended in the last hour · 1',
    ]);
    expect(names(element)).toEqual(['learner1', 'learner2']);
    button(element, 'Show: Setting up').click();
    await rendered();
    expect(names(element)).toEqual(['learner1', 'learner2', 'learner3']);
    expect(texts(element, '.tag')).toEqual(['Silent for 3 min']);
  });

  test('show pause, extra time, question, provider, flags and pages without messages', async () => {
    liveServer([
      row(1, { paused_at: ago(840), pause_until: ago(-60), group: 'attention', attention: [{ code: 'paused', since: ago(840), text: '' }] }),
      row(2, { extra: { minutes: 30, seconds_added: 600 }, shows_messages: false }),
      row(3, {
        group: 'attention',
        question: { id: 9, text: 'Why?', asked_at: ago(60) },
        attention: [{ code: 'asks', since: ago(60), text: 'Why?' }, { code: 'unwatched', since: ago(1620), text: '' }],
        flags: 2,
        provider: { name: 'northgate', label: 'Northgate', reachable: false },
      }),
    ]);
    const element = await mountBoard();
    expect(texts(element, '.tag')).toEqual(['Paused 14 of 15 min', 'Asks: “Why?”', 'Not watched for 27 min', 'Flags: 2']);
    expect(texts(element, '.sub')).toContain('clock stands still');
    expect(texts(element, '.sub').join('|')).toMatch(/ends 10:30 PM · \+30 min · \+10 min$/);
    expect(texts(element, '.lines').join()).toMatch(/cannot show messages/);
    expect(texts(element, '.lines').join()).toMatch(/Northgate unreachable/);
    expect(button(element, 'Answer learner3')).toBeTruthy();
    expect(button(element, 'Continue learner1’s exam')).toBeTruthy();
  });

  test('tick by the monotonic clock, even if the wall clock changes', async () => {
    liveServer([row(1), row(2, { paused_at: ago(10), time_left_seconds: 600 })]);
    const element = await mountBoard();
    expect(texts(element, '[data-left]')).toEqual(['30:00', '10:00']);
    vi.setSystemTime(new Date('2026-03-01T19:00:00Z'));
    await after(3000);
    expect(texts(element, '[data-left]')).toEqual(['29:57', '10:00']);
    expect(texts(element, '[data-seen]')[0]).toBe('8 sec. ago');
    expect(one(element, '[data-used]').style.inlineSize).toBe('50%');
  });

  test('shows fifty running rows, more on demand, and all that need attention', async () => {
    liveServer([silent(1), silent(2), ...Array.from({ length: 53 }, (_, id) => row(id + 100))]);
    const element = await mountBoard();
    expect(names(element)).toHaveLength(52);
    one(element, '.pager button').click();
    await rendered();
    expect(names(element)).toHaveLength(55);
  });
});

describe('polling', () => {
  test('requests only changes, every ten seconds', async () => {
    const server = liveServer([row(1), row(2)]);
    const element = await mountBoard();
    const kept = one(element, '[data-attempt="2"]');
    server.reply = ({ etag }) => (etag ? { status: 304 } : { body: board([], { complete: false, cursor: 'c2', gone: [1], order: [2, 3], seen: [190, 5], rows: [silent(2), row(3)] }), etag: '"2"' });
    await after(10_000);
    expect(server.polls()[1].query.get('since')).toBe('c1');
    expect(names(element)).toEqual(['learner2', 'learner3']);
    expect(one(element, '[data-attempt="2"]')).toBe(kept);
    await after(20_000);
    expect(server.polls().slice(-2).map(({ query, etag }) => [query.get('since'), etag])).toEqual([['c2', null], ['c2', '"2"']]);
  });

  test('the last sign of a page is told without its row', async () => {
    const server = liveServer([row(1), row(2)]);
    const element = await mountBoard();
    server.reply = () => ({ body: board([], { complete: false, order: [2, 1], seen: [3, null] }) });
    await after(10_000);
    expect(names(element)).toEqual(['learner2', 'learner1']);
    expect(texts(element, '[data-seen]')).toEqual(['3 sec. ago']);
    expect(one(element, '[data-attempt="1"]').textContent).toContain('no sign yet');
  });

  test('a refresh keeps the focus in a row that moves, and the chosen rows', async () => {
    const server = liveServer([row(1), row(2)]);
    const element = await mountBoard();
    const pause = button(element, 'Pause learner2’s exam');
    all(element, '[data-attempt="2"] input')[0].click();
    pause.focus();
    server.reply = () => ({ body: board([silent(2), row(1)], { cursor: 'c2' }) });
    await after(10_000);
    expect(names(element)).toEqual(['learner2', 'learner1']);
    expect(element.shadowRoot!.activeElement).toBe(pause);
    expect(texts(element, '.bulk strong')).toEqual(['Selected: 1']);
  });

  test('is slower while hidden, and backs off after failures', async () => {
    const server = liveServer([row(1)]);
    await mountBoard();
    visible(false);
    await after(59_000);
    expect(server.polls()).toHaveLength(1);
    visible(true);
    await rendered();
    expect(server.polls()).toHaveLength(2);
    server.reply = () => 'down';
    const times: number[] = [];
    for (let second = 10; second <= 140; second += 10) {
      const { length } = server.polls();
      await after(10_000);
      if (server.polls().length > length) times.push(second);
    }
    expect(times).toEqual([10, 20, 40, 80, 140]);
  });

  test('reports two minutes without a response; after five the list is removed', async () => {
    const server = liveServer([row(1)]);
    const element = await mountBoard();
    server.reply = () => 'down';
    await after(100_000);
    expect(all(element, '.live > .banner')).toEqual([]);
    await after(25_000);
    expect(texts(element, '.live > .banner strong')[0]).toMatch(/^Not up to date\. Last refresh at /);
    expect(texts(element, '[data-left]')[0]).toMatch(/^about 27:/);
    await after(180_000);
    expect(names(element)).toEqual([]);
    expect(texts(element, '.empty h3')).toEqual(['The list could not be refreshed']);
    server.reply = () => ({ body: board([row(1)]) });
    button(element, 'Try again').click();
    await rendered();
    expect(names(element)).toEqual(['learner1']);
  });

  test.each([401, 403])('after %i nothing is shown any more', async (status) => {
    const server = liveServer([row(1)]);
    const element = await mountBoard();
    server.reply = () => ({ status, body: { detail: 'No.' } });
    await after(30_000);
    expect(names(element)).toEqual([]);
    expect(server.polls()).toHaveLength(2);
  });
});

describe('filters', () => {
  test('counters, exam, room, order and search are asked of the server, and kept in the address', async () => {
    const server = liveServer([row(1)], { counts: { attention: 0, running: 37, setting_up: 8, silent: 1, paused: 1, ended: 9 } });
    const element = await mountBoard({ query: 'room=Room+B' });
    const told: string[] = [];
    element.addEventListener('proctoring-query', (event) => told.push((event as CustomEvent<string>).detail));
    expect(server.polls()[0].query.toString()).toBe('room=Room+B');
    expect(texts(element, '.counter')).toEqual(['37running', '8setting up', '1silent', '1paused', '9ended in the last hour']);
    all(element, '.counter')[2].click();
    await rendered();
    expect(all(element, '.counter').map((counter) => counter.getAttribute('aria-pressed'))).toEqual(['false', 'false', 'true', 'false', 'false']);
    button(element, 'Learner').click();
    await rendered();
    const search = one<HTMLInputElement>(element, 'input[name="search"]');
    search.value = 'jo';
    search.dispatchEvent(new Event('input'));
    await after(400);
    expect(server.polls().slice(-1)[0].query.toString()).toBe('room=Room+B&only=silent&search=jo&order=name');
    expect(told.slice(-1)[0]).toBe('room=Room+B&only=silent&search=jo&order=name');
  });

  test('shows that nothing was found, or that nobody is in an exam', async () => {
    liveServer([]);
    const element = await mountBoard({ query: 'search=jo' });
    expect(texts(element, '.empty h3')).toEqual(['No learner matches']);
    button(element, 'Clear all filters').click();
    await rendered();
    expect(texts(element, '.empty h3')).toEqual(['Nobody is in an exam now']);
  });
});

test('announces who needs attention, at most every 30 seconds', async () => {
  const server = liveServer([row(1), row(2), silent(3)]);
  const element = await mountBoard();
  const said = () => texts(element, '.announcement')[0];
  expect(said()).toBe('Learners found: 3');
  server.reply = () => ({ body: board([silent(1), row(2), silent(3)]) });
  await after(10_000);
  expect(said()).toBe('More learners need attention: 1. learner1: Silent for 3 min');
  server.reply = () => ({ body: board([silent(1), silent(2), silent(3)]) });
  await after(10_000);
  expect(said()).toBe('');
  await after(20_000);
  expect(said()).toMatch(/^More learners need attention: 1\. learner2/);
});
