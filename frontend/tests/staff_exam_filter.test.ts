import { describe, expect, test, vi } from 'vitest';
import { aStaffPageEachTime, api, attempt, button, mount, one, pageOf, rendered, type Section } from './staff_helpers';

aStaffPageEachTime();

describe('one of very many exams', () => {
  const QUIZ = { id: 31, exam_name: 'Quiz' };
  const exams = (query: URLSearchParams) => (query.get('search') ? pageOf(QUIZ) : { body: { count: 205, results: [{ id: 7, exam_name: 'Midterm' }] } });
  const chosen = (server: { asked: { query: URLSearchParams }[] }) => server.asked.map(({ query }) => query.get('exam'));

  async function typeName(element: Section, text: string): Promise<HTMLInputElement> {
    const field = one<HTMLInputElement>(element, 'input[name="exam"]');
    field.value = text;
    field.dispatchEvent(new Event('input'));
    await rendered();
    return field;
  }

  test('stays typed while the list is drawn anew', async () => {
    api(() => pageOf(attempt(1)), exams);
    const element = await mount();
    const field = await typeName(element, 'Qu');
    await vi.advanceTimersByTimeAsync(250);
    await rendered();
    expect(one<HTMLOptionElement>(element, 'datalist option').value).toBe('Quiz');
    expect(field.value).toBe('Qu');
  });

  test('is chosen once, also when the server finds it only after its name is complete', async () => {
    const server = api(() => pageOf(attempt(1)), exams);
    const element = await mount();
    const field = await typeName(element, 'Quiz');
    expect(chosen(server)).toEqual([null]);
    await vi.advanceTimersByTimeAsync(250);
    await rendered();
    expect(chosen(server)).toEqual([null, '31']);
    expect(field.value).toBe('Quiz');
    await typeName(element, '');
    await vi.advanceTimersByTimeAsync(250);
    expect(chosen(server)).toEqual([null, '31', null]);
  });

  test('is not chosen when the text has become another one', async () => {
    const server = api(() => pageOf(attempt(1)), exams);
    const element = await mount();
    const field = await typeName(element, 'Quiz');
    field.value = 'Quizzes';
    await vi.advanceTimersByTimeAsync(250);
    await rendered();
    expect(chosen(server)).toEqual([null]);
  });

  test('leaves the field when its filter is removed', async () => {
    api(() => pageOf(attempt(1)), exams);
    const element = await mount();
    const field = await typeName(element, 'Midterm');
    button(element, 'Remove the filter: Midterm').click();
    await rendered();
    expect(field.value).toBe('');
  });
});
