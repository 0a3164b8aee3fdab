// Onboarding: who cannot start proctored exams, and which.

import { describe, expect, test } from 'vitest';
import { aStaffPageEachTime, all, api, button, mount, one, pageOf, rendered, texts } from './staff_helpers';

aStaffPageEachTime();

describe('onboarding', () => {
  test('rows in words, filtered by several statuses', async () => {
    const server = api(() => pageOf({ username: 'lee', enrollment_mode: 'masters', status: 'rejected', modified: null, valid_until: null }));
    const element = await mount({ query: 'status=rejected' }, 'proctoring-onboarding');
    expect(texts(element, 'tbody .fact')).toEqual(['Not approved', '–none', '–none', 'Master’s', '–none']);
    expect(one(element, 'tbody tr').getAttribute('data-attention')).toBe('bad');
    expect(server.asked).toEqual([]);
  });

  test('until when an approval is valid; one enrolment, by each column', async () => {
    const asked: string[] = [];
    api(({ path, query }) => {
      if (path === 'onboarding/' && query.get('page_size') !== '1') asked.push(query.toString());
      return pageOf({ username: 'lee', enrollment_mode: 'verified', status: 'verified', modified: '2026-03-01T12:00:00Z', valid_until: '2027-03-01T12:00:00Z' });
    });
    const element = await mount({}, 'proctoring-onboarding');
    expect(texts(element, 'tbody [data-label="Valid until"] time')).toEqual(['Mar 1, 2027, 09:00 PM']);
    const select = one<HTMLSelectElement>(element, 'select[name="enrollment_mode"]');
    select.value = 'masters';
    select.dispatchEvent(new Event('change'));
    await rendered();
    for (const heading of ['Learner', 'Status', 'Since', 'Valid until', 'Enrolment']) {
      button(element, heading).click();
      await rendered();
    }
    const orders = asked.map((query) => new URLSearchParams(query).get('ordering'));
    expect(orders).toEqual([null, null, 'username', 'status', '-modified', '-valid_until', 'enrollment_mode']);
    expect(new Set(asked.slice(1).map((query) => new URLSearchParams(query).get('enrollment_mode')))).toEqual(new Set(['masters']));
  });

  test('how many cannot start is said first, and they can be shown', async () => {
    const asked: URLSearchParams[] = [];
    api(({ query }) => {
      asked.push(query);
      const count = query.get('status') ? 6 : 52;
      return { body: { count, results: [{ username: 'lee', enrollment_mode: 'masters', status: 'rejected', modified: null }] } };
    });
    const element = await mount({}, 'proctoring-onboarding');
    expect(texts(element, '.card.banner p')).toEqual(['6 of 52 learners cannot start proctored exams that require onboarding.']);
    expect(asked).toHaveLength(2);
    button(element, 'Show these 6').click();
    await rendered();
    expect(asked).toHaveLength(3); // the number is known
    expect(asked[2].getAll('status')).not.toContain('verified');
    expect(asked[2].getAll('status')).toContain('submitted');
    expect(texts(element, '.tag')).toEqual(['Not approved yet']);
    expect(all(element, '.card.banner button')).toEqual([]);
  });

  test('which exams they cannot start, and when these are due, the next one first', async () => {
    const exam = (id: number, more: object) => ({ id, exam_name: `Exam ${id}`, type: 'proctored', backend: 'north', is_active: true, due_date: null, ...more });
    const exams = pageOf(
      exam(1, { type: 'onboarding' }),
      exam(2, {}),
      exam(3, { due_date: '2026-03-09T12:00:00Z' }),
      exam(4, { due_date: '2026-02-28T12:00:00Z' }), // over
      exam(5, { backend: 'south' }),
      exam(6, { is_active: false }),
      exam(7, { type: 'timed', backend: null }),
    );
    const row = { enrollment_mode: 'masters', modified: null };
    api(() => pageOf({ ...row, username: 'lee', status: 'rejected' }, { ...row, username: 'kim', status: 'verified' }), exams);
    const element = await mount({}, 'proctoring-onboarding');
    expect(texts(element, '.card.banner li')).toEqual(['“Exam 3”, due Mar 9, 09:00 PM', '“Exam 2”']);
    expect(texts(element, 'tbody [data-label="Can’t start"]')).toEqual(['“Exam 3”, due Mar 9, 09:00 PM+1', '–none']);
  });

  test('without an onboarding exam, the server says so, and there is nothing to search, export or repeat', async () => {
    const server = api(() => ({ status: 404, body: { detail: 'No onboarding exam exists in this course.' } }));
    const element = await mount({}, 'proctoring-onboarding');
    expect(texts(element, '.empty')).toEqual(['Nobody needs onboardingNo onboarding exam exists in this course.']);
    expect(texts(element, '.announcement')).toEqual(['No onboarding exam exists in this course.']);
    expect(all(element, '#search_onboarding_id, .export, .empty button')).toEqual([]);
    server.reply = () => pageOf({ username: 'lee', status: 'verified', enrollment_mode: 'masters', modified: null });
    one(element, 'proctoring-freshness').dispatchEvent(new Event('proctoring-refresh'));
    await rendered();
    expect(texts(element, 'tbody th')).toEqual(['lee']);
    expect(all(element, '#search_onboarding_id, .export')).toHaveLength(2);
  });

  test.each([
    { status: 503, body: { detail: 'The provider does not answer.' } },
    { status: 404 }, // of a proxy, not of the app
  ])('while statuses cannot be read, the search stays: $status', async (reply) => {
    api(() => reply);
    const element = await mount({}, 'proctoring-onboarding');
    expect(texts(element, '[role="alert"] button')).toEqual(['Try again']);
    expect(all(element, '#search_onboarding_id')).toHaveLength(1);
  });
});
