import { describe, expect, test, vi } from 'vitest';
import { aStaffPageEachTime, all, api, attempt, button, mount, one, pageOf, rendered, texts, type Section } from './staff_helpers';

const PROBLEM = { status: 503, body: { detail: 'The database is busy.', code: 'busy' } };

aStaffPageEachTime();

async function select(element: Section, name: string, value: string): Promise<void> {
  const field = one<HTMLSelectElement>(element, `select[name="${name}"]`);
  field.value = value;
  field.dispatchEvent(new Event('change'));
  await rendered();
}

async function type(element: Section, text: string, event = 'input'): Promise<void> {
  const field = one<HTMLInputElement>(element, 'input');
  field.value = text;
  field.dispatchEvent(new Event(event));
  await rendered();
}

test('a row says who, what, when and how it stands', async () => {
  api(() => pageOf(attempt(1, { user: { username: 'lee <b>', email: 'lee@x.org' } })));
  const element = await mount();
  expect(texts(element, 'tbody th')).toEqual(['lee <b>lee@x.org']);
  const cells = texts(element, 'tbody td.fact');
  expect(cells[0]).toBe('Midtermproctored');
  expect(cells[1]).toBe('Mar 1, 09:00 PM'); // the reader is in Tokyo
  expect(cells.slice(2)).toEqual(['–none', '90 min', 'Waiting for review']); // when it ended is not known
  expect(one(element, 'time').getAttribute('datetime')).toBe('2026-03-01T12:00:00Z');
});

test.each([
  [{ status: 'error' }, 'Stopped by an error', 'bad'],
  [{ status: 'error', ready_to_resume: true }, 'May resume now', null],
  [{ status: 'second_review_required' }, 'Second review needed', 'warn'],
  [{ status: 'submitted', exam: { id: 1, exam_name: 'Quiz', type: 'timed' as const } }, 'Submitted', null],
  [{ status: 'invented' }, 'invented', null],
])('the status %o is "%s"', async (more, label, attention) => {
  api(() => pageOf(attempt(1, more)));
  const element = await mount();
  expect(texts(element, '.status')).toEqual([label]);
  expect(one(element, 'tbody tr').getAttribute('data-attention')).toBe(attention);
});

test.each([
  ['handed in', { completed_at: '2026-03-01T12:54:30Z' }, '54 of 90 min'],
  ['handed in late', { completed_at: '2026-03-01T14:00:00Z' }, '90 of 90 min'],
  ['running since an hour ago', { status: 'started', ends_at: '2026-03-01T13:30:00Z' }, '60 of 90 min'],
  ['paused', { status: 'started', ends_at: '2026-03-01T13:30:00Z', paused: { kind: 'pause' as const, since: '2026-03-01T12:20:00Z', message: '', is_too_long: false } }, '20 of 90 min'],
  ['not started', { status: 'created', started_at: null, allowed_time_limit_mins: null }, '–none'],
])('the time of an attempt that is %s', async (_, more, text) => {
  api(() => pageOf(attempt(1, more)));
  expect(texts(await mount(), 'tbody td.fact')[3]).toBe(text);
});

describe('earlier attempts', () => {
  const EARLIER = [
    { id: 8, status: 'error', started_at: '2026-03-01T10:00:00Z', completed_at: '2026-03-01T10:02:00Z', ready_to_resume: true, resumed: true, created: '2026-03-01T10:00:00Z' },
    { id: 7, status: 'created', started_at: null, completed_at: null, ready_to_resume: false, resumed: false, created: '2026-03-01T09:00:00Z' },
  ];

  test('open below the newest one, and lead to their details', async () => {
    api(({ path }) => {
      if (path === 'attempts/8/') return { status: 404, body: { detail: 'Not found.' } };
      return path === 'attempts/9/' ? { body: { earlier: EARLIER } } : pageOf(attempt(9, { earlier_count: 2 }), attempt(10));
    });
    const element = await mount();
    const [opener] = all(element, '[aria-expanded]');
    expect(all(element, '[aria-expanded]')).toHaveLength(1);
    expect(opener.textContent!.replace(/\s+/g, ' ').trim()).toBe('3 attempts learner9, Midterm');
    opener.click();
    await rendered();
    expect(one(element, '[aria-expanded]').getAttribute('aria-expanded')).toBe('true');
    expect(texts(element, 'tbody tr th')).toEqual(['learner9learner9@example.com', 'Attempt 2 · learner9', 'Attempt 1 · learner9', 'learner10learner10@example.com']);
    expect(texts(element, '.child .fact').slice(0, 5)).toEqual(['–none', 'Mar 1, 07:00 PM', '–none', '2 min', 'Stopped by an error']);
    one(element, '.child .link').click();
    await rendered();
    expect(element.getAttribute('query') ?? (element as unknown as { query: string }).query).toBe('open=8');
    one(element, '[aria-expanded]').click();
    await rendered();
    expect(all(element, '.child')).toEqual([]);
  });

  test('of a.b and ab do not open each other', async () => {
    const of = (id: number, username: string) => attempt(id, { user: { username, email: '' }, earlier_count: 1 });
    const server = api(({ path }) => (path === 'attempts/9/' ? { body: { earlier: [EARLIER[0]] } } : pageOf(of(9, 'a.b'), of(10, 'ab'))));
    const element = await mount();
    all(element, '[aria-expanded]')[0].click();
    await rendered();
    expect(server.asked.map(({ path }) => path)).not.toContain('attempts/10/');
    expect(texts(element, 'tbody tr th')).toEqual(['a.b', 'Attempt 1 · a.b', 'ab']);
    expect(all(element, '[aria-expanded]').map((one) => one.getAttribute('aria-expanded'))).toEqual(['true', 'false']);
  });

  test('that cannot be read are told there', async () => {
    api(({ path }) => (path === 'attempts/9/' ? PROBLEM : pageOf(attempt(9, { earlier_count: 2 }))));
    const element = await mount();
    one(element, '[aria-expanded]').click();
    await rendered();
    expect(texts(element, '.child [role="alert"]')).toEqual(['The database is busy.']);
  });
});

describe('what is asked for', () => {
  test('one request for the first page', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    expect(server.asked.map(({ query }) => query.toString())).toEqual(['page_size=25']);
    expect(texts(element, '.announcement')).toEqual(['Attempts found: 1. Page 1 of 1']);
  });

  test('a deep link', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount({ query: 'search=jo&exam=7&status=started&page=2&page_size=50&ordering=-status' });
    expect(server.asked[0].query.toString()).toBe(
      'search=jo&ordering=-status&page=2&page_size=50&exam=7&status=started',
    );
    expect(one<HTMLInputElement>(element, 'input').value).toBe('jo');
    expect(texts(element, '.tag')).toEqual(['“jo”', 'Midterm', 'Running']);
    expect(one(element, 'th[aria-sort]').getAttribute('aria-sort')).toBe('descending');
  });

  test.each(['exam', 'type', 'status'])('a deep link with a %s that there is not', async (name) => {
    api(() => pageOf());
    const element = await mount({ query: `${name}=constructor` });
    expect(texts(element, '.tag')[0].toLowerCase()).toBe('constructor');
  });

  test('filters, of which one word may be several statuses', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    const told: string[] = [];
    document.addEventListener('proctoring-query', (event) => told.push((event as CustomEvent<string>).detail), { once: true });
    await select(element, 'status', 'created,download_software_clicked');
    expect(server.asked[1].query.getAll('status')).toEqual(['created', 'download_software_clicked']);
    expect(told).toEqual(['status=created%2Cdownload_software_clicked']);
    button(element, 'Remove the filter: Setting up').click();
    await rendered();
    expect(server.asked[2].query.toString()).toBe('page_size=25');
    expect(one<HTMLSelectElement>(element, 'select[name="status"]').value).toBe('');
    expect(element.shadowRoot!.activeElement).toBe(one(element, 'input'));
  });

  test('a search, once the reader stops typing', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    await type(element, 'j');
    await vi.advanceTimersByTimeAsync(300);
    await type(element, 'jo ');
    await vi.advanceTimersByTimeAsync(399);
    expect(server.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(server.asked[1].query.get('search')).toBe('jo ');
    expect(one<HTMLInputElement>(element, 'input').value).toBe('jo '); // she may go on
  });

  test('a search at once with Enter', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    await type(element, 'jo', 'change');
    expect(server.asked).toHaveLength(2);
  });

  test.each(['a/b?c#d', '50 %&+', '..', '“é”'])('a search for %s stays one parameter', async (text) => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    await type(element, text, 'change');
    expect([server.asked[1].path, server.asked[1].query.get('search')]).toEqual(['attempts/', text]);
    expect(new URLSearchParams((element as unknown as { query: string }).query).get('search')).toBe(text);
  });

  test('an order: moments begin with the latest, texts with the first', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    for (const name of ['Learner', 'Learner', 'Started', 'Started']) {
      button(element, name).click();
      await rendered();
    }
    const orders = server.asked.slice(1).map(({ query }) => query.get('ordering'));
    expect(orders).toEqual(['username', '-username', '-started_at', 'started_at']);
    expect(one(element, 'th[aria-sort="ascending"]').textContent).toContain('Started');
  });

  test('pages', async () => {
    const server = api(() => ({ body: { count: 60, results: [attempt(1)] } }));
    const element = await mount();
    expect(texts(element, '.pager > span')[0]).toBe('1–25 of 60');
    button(element, 'Previous').click(); // there is none
    button(element, 'Next').click();
    await rendered();
    const pages = () => server.asked.filter(({ query }) => !query.has('needs_attention')).map(({ query }) => query);
    expect(pages().map((query) => query.get('page'))).toEqual([null, '2']);
    expect(texts(element, '.pager > span')[0]).toBe('26–50 of 60');
    const size = one<HTMLSelectElement>(element, '#page-size');
    size.value = '100';
    size.dispatchEvent(new Event('change'));
    await rendered();
    expect(pages()[2].toString()).toBe('page_size=100');
    expect(button(element, 'Next').getAttribute('aria-disabled')).toBe('true');
  });

  test('a count that is not exact says so, until a page that is not full shows the end', async () => {
    const rows = Array.from({ length: 25 }, (_, index) => attempt(index + 1));
    api(({ query }) => {
      const results = { 2: rows.slice(0, 3), 3: [] as typeof rows }[query.get('page') ?? ''] ?? rows;
      return { body: { count: 6000, count_is_about: true, results } };
    });
    const element = await mount();
    expect(texts(element, '.pager span')).toEqual(expect.arrayContaining(['1–25 of about 6,000', 'Page 1 of about 240']));
    expect(texts(element, '.announcement')).toEqual(['Attempts found: about 6,000. Page 1 of about 240']);
    button(element, 'Next').click();
    await rendered();
    expect(texts(element, '.pager > span')[0]).toBe('26–28 of 28');
    expect(button(element, 'Next').getAttribute('aria-disabled')).toBe('true');
    element.setAttribute('query', 'page=3');
    await rendered();
    expect(texts(element, '.pager > span')[0]).toBe('1–25 of about 6,000');
  });

  test('the first page where the one asked for is beyond the end', async () => {
    const server = api(({ query }) => (query.get('page') ? { status: 404, body: { detail: 'Invalid page.' } } : pageOf(attempt(1))));
    const element = await mount({ query: 'page=9' });
    expect(server.asked).toHaveLength(2);
    expect(all(element, 'tbody tr')).toHaveLength(1);
  });

  test('the size of a page follows the address, also after the reader has chosen others', async () => {
    api(() => pageOf(attempt(1)));
    const element = await mount();
    const size = one<HTMLSelectElement>(element, '#page-size');
    for (const value of ['50', '100']) {
      size.value = value;
      size.dispatchEvent(new Event('change'));
      await rendered();
    }
    element.setAttribute('query', 'page_size=50');
    await rendered();
    expect(size.value).toBe('50');
  });

  test('exams, once for each course, and those of the course that is shown', async () => {
    const waiting: Record<string, ((answer: Response) => void)[]> = {};
    vi.stubGlobal('fetch', (url: string) => {
      if (!url.includes('/exams/')) return Promise.resolve(new Response(JSON.stringify(pageOf(attempt(1)).body)));
      return new Promise((resolve) => (waiting[url.split('/exams/')[0]] ??= []).push(resolve));
    });
    const answer = (base: string, id: number) =>
      waiting[base][0](new Response(JSON.stringify({ count: 1, results: [{ id, exam_name: `Exam ${id}` }] })));
    const element = await mount({ 'api-base': '/a/' });
    expect(waiting['/a']).toHaveLength(1);
    element.setAttribute('api-base', '/b/');
    await rendered();
    answer('/b', 2);
    answer('/a', 1);
    await rendered();
    expect(texts(element, 'select[name="exam"] option')).toEqual(['All exams', 'Exam 2']);
  });

  test('an answer that comes too late is not shown', async () => {
    const late: ((page: Response) => void)[] = [];
    vi.stubGlobal('fetch', (url: string) =>
      url.includes('search=old')
        ? new Promise((resolve) => late.push(resolve))
        : Promise.resolve(new Response(JSON.stringify({ count: 1, results: [attempt(2)] }))),
    );
    const element = await mount({ query: 'search=old' });
    await type(element, 'new', 'change');
    late[0](new Response(JSON.stringify({ count: 1, results: [attempt(1)] })));
    await rendered();
    expect(texts(element, '.who')).toEqual(['learner2']);
  });
});

describe('states', () => {
  test('loading', async () => {
    vi.stubGlobal('fetch', () => new Promise(() => undefined));
    const element = await mount();
    expect(texts(element, '[role="status"]')).toContain('Loading attempts…');
    expect(one(element, '.table-wrap').getAttribute('aria-hidden')).toBe('true');
    expect(texts(one(element, 'proctoring-freshness'), '.fresh span')).toEqual([]); // nothing is up to date yet
  });

  test('none yet, and none that match', async () => {
    api(() => pageOf());
    const element = await mount();
    expect(texts(element, '.empty h3')).toEqual(['No attempts yet']);
    await select(element, 'type', 'timed');
    expect(texts(element, '.empty h3')).toEqual(['No attempt matches']);
    button(element, 'Clear all filters').click();
    await rendered();
    expect(texts(element, '.empty h3')).toEqual(['No attempts yet']);
  });

  test('an error, in the words of the server, and another try', async () => {
    const server = api(() => PROBLEM);
    const element = await mount();
    expect(texts(element, '[role="alert"] p')).toEqual(['The database is busy.']);
    server.reply = () => pageOf(attempt(1));
    button(element, 'Try again').click();
    await rendered();
    expect(all(element, '[role="alert"]')).toEqual([]);
    expect(all(element, 'tbody tr')).toHaveLength(1);
    expect(element.shadowRoot!.activeElement).toBe(one(element, 'h2')); // the button is gone
  });

  test('an answer that is not of the interface, such as the page of a proxy, is an error', async () => {
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('<h1>Back soon</h1>')));
    const element = await mount();
    expect(texts(element, '[role="alert"] p')).toEqual(['The server did not answer. Search and filters are kept.']);
  });

  test('with an error, no number of attempts is announced', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    server.reply = () => PROBLEM;
    await select(element, 'type', 'timed');
    expect(texts(element, '.announcement')).toEqual(['']);
  });

  test.each([[[attempt(1)]], [[]]])('an error is announced again when another try fails, and only then (%#)', async (rows) => {
    const server = api(() => (rows.length ? pageOf(...rows) : PROBLEM));
    const element = await mount();
    server.reply = () => PROBLEM;
    one(element, 'proctoring-freshness').dispatchEvent(new Event('proctoring-refresh'));
    await rendered();
    const text = one(element, '[role="alert"] p');
    await vi.advanceTimersByTimeAsync(60_000); // refreshes fail, too
    expect(one(element, '[role="alert"] p')).toBe(text);
    const retry = button(element, 'Try again');
    retry.focus();
    retry.click();
    await rendered();
    expect(one(element, '[role="alert"] p')).not.toBe(text);
    expect(element.shadowRoot!.activeElement).toBe(retry);
  });

  test('an error that passes by itself: the rows come, and are announced', async () => {
    const server = api(() => PROBLEM);
    const element = await mount();
    server.reply = () => pageOf(attempt(1));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(all(element, '[role="alert"]')).toEqual([]);
    expect(texts(element, '.announcement')).toEqual(['Attempts found: 1. Page 1 of 1']);
  });

  test.each([
    [{ status: 400, body: { detail: 'The request is not valid.', errors: [{ field: 'exam', detail: 'Enter a number.' }] } },
      'The request is not valid. exam: Enter a number.'],
    [{ status: 500, body: {} }, 'The server answered with an error (500). Search and filters are kept.'],
    [{ status: 403, body: { detail: 'Authentication credentials were not provided.', code: 'not_authenticated' } },
      'You have been signed out. Sign in again in a new tab, then try again.'],
    [{ status: 403, body: { detail: 'You do not have permission.', code: 'permission_denied' } }, 'You do not have permission.'],
    ['down' as const, 'The server did not answer. Search and filters are kept.'],
  ])('the error %o is explained', async (reply, text) => {
    api(() => reply);
    const element = await mount();
    expect(texts(element, '[role="alert"] p')).toEqual([text]);
  });

  test('rows that do not fit the filters are not left below an error', async () => {
    const server = api(() => pageOf(attempt(1)));
    const element = await mount();
    server.reply = () => PROBLEM;
    await select(element, 'type', 'timed');
    expect(all(element, 'tbody tr')).toEqual([]);
    expect(one<HTMLSelectElement>(element, 'select[name="type"]').value).toBe('timed');
  });
});
