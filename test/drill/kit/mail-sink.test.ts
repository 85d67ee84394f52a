import { createTransport } from 'nodemailer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Mail, type MailSink, startMailSink } from '../../../drill/kit/mail-sink.ts';

const seen: Mail[] = [];
let sink: MailSink;
beforeAll(async () => {
  sink = await startMailSink((mail) => seen.push(mail));
});
afterAll(() => sink.stop());

const send = (subject: string) =>
  createTransport({ host: '127.0.0.1', port: sink.port }).sendMail({
    from: 'alerts@example.com',
    to: ['a@example.com', 'b@example.com'],
    subject,
    text: 'Grüße vom Standort',
  });

test('a mail arrives as it was sent', async () => {
  const [mail] = await Promise.all([
    sink.waitFor(({ subject }) => subject === 'moved – now', 5),
    send('moved – now'),
  ]);
  expect(mail).toMatchObject({ from: 'alerts@example.com', to: ['a@example.com', 'b@example.com'] });
  expect(mail.text.trim()).toBe('Grüße vom Standort');
  expect(seen).toEqual(sink.mails);
});

test('a mail that has already arrived counts', async () => {
  await send('early');
  expect((await sink.waitFor(({ subject }) => subject === 'early', 1)).subject).toBe('early');
});

test('waiting in vain says what did arrive', async () => {
  await expect(sink.waitFor(() => false, 0.1)).rejects.toThrow(
    /no such mail arrived within 0\.1 s; these did: "moved – now"/,
  );
});
