import { describe, expect, test } from 'vitest';

import {
  messageBody,
  messageFields,
  readMessage,
  readMessagePayload,
  readPacket,
  readSendAck,
} from './frames.ts';

const usual = { room: 'run-1-r4', seq: 12, id: '41.4.7', sender: 'u41', body: '9000+15|xx', at: 1 };
const read = { seq: 12, sender: 41, room: 4, n: 7, dueUs: 9000, waitUs: 15 };

describe('a broadcast read from its bytes', () => {
  test.each([
    { why: 'the usual one', message: usual },
    { why: 'a body that looks like the end', message: { ...usual, body: '9000+15|"}]}],["x' } },
    {
      why: 'a body that looks like another message',
      message: { ...usual, body: '9000+15|","seq":99,"id":"1.1.1"' },
    },
    {
      why: 'a body that holds the event name',
      message: { ...usual, body: '9000+15|["chat:message",{' },
    },
    { why: 'a body with backslashes', message: { ...usual, body: '9000+15|\\\\"\\u0041\n' } },
    { why: 'a body beyond ASCII', message: { ...usual, body: '9000+15|안녕 🙂' } },
    { why: 'a long body', message: { ...usual, body: `9000+15|${'x'.repeat(20_000)}` } },
  ])('is understood without JSON.parse: $why', ({ message }) => {
    const fields = messageFields();
    expect(readMessage(frame(message), fields)).toBe(true);
    expect(fields).toEqual(read);
  });

  test.each([
    {
      why: 'other key order',
      message: { id: '41.4.7', seq: 12, room: 'r', sender: 'u', body: '9000+15|', at: 1 },
    },
    { why: 'an escape in the room', message: { ...usual, room: 'a"b' } },
    { why: 'an escape in the sender', message: { ...usual, sender: 'u"41' } },
    {
      why: 'an extra key in between',
      message: { room: 'r', extra: 1, seq: 12, id: '41.4.7', sender: 'u', body: '9000+15|' },
    },
  ])('is left to JSON.parse, which understands it: $why', ({ message }) => {
    expect(readMessage(frame(message), messageFields())).toBe(false);
    const packet = readPacket(frame(message).toString());
    const fields = messageFields();
    expect(packet.kind === 'event' && readMessagePayload(packet.payload, fields)).toBe(true);
    expect(fields).toEqual(read);
  });

  test.each([
    { why: 'an id of another client', message: { ...usual, id: 'hello' } },
    { why: 'a body of another client', message: { ...usual, body: 'hello' } },
    { why: 'a body that lacks the bar', message: { ...usual, body: '9000+15' } },
    { why: 'no body', message: { room: 'r', seq: 1, id: '1.1.1', sender: 'u' } },
    { why: 'a seq that is no number', message: { ...usual, seq: '12' } },
    { why: 'nothing', message: null },
  ])('is not taken for one of ours: $why', ({ message }) => {
    expect(readMessage(frame(message), messageFields())).toBe(false);
    const packet = readPacket(frame(message).toString());
    expect(packet.kind === 'event' && readMessagePayload(packet.payload, messageFields())).toBe(
      false,
    );
  });

  test.each([
    { why: 'cut short', text: frame(usual).toString().slice(0, -1) },
    { why: 'another event', text: '42/chat,["chat:head",{"room":"r","seq":1}]' },
    { why: 'another namespace', text: frame(usual).toString().replace('/chat', '/spam') },
    { why: 'an ack', text: '43/chat,1[{"ok":true,"seq":1,"at":1}]' },
    { why: 'only the start', text: '42/chat,["chat:message",{"room":"' },
    { why: 'empty', text: '' },
  ])('is refused by the fast reader: $why', ({ text }) => {
    expect(readMessage(Buffer.from(text), messageFields())).toBe(false);
  });
});

describe('the ack of a send', () => {
  test.each([
    { text: '43/chat,17[{"ok":true,"seq":5,"at":99}]', ackId: 17, seq: 5 },
    { text: '43/chat,0[{"ok":true,"seq":4294967295,"at":1}]', ackId: 0, seq: 4294967295 },
  ])('$text', ({ text, ackId, seq }) => {
    const into = { ackId: -1, seq: -1 };
    expect(readSendAck(Buffer.from(text), into)).toBe(true);
    expect(into).toEqual({ ackId, seq });
  });

  test.each([
    '43/chat,17[{"ok":false,"code":"UNAVAILABLE","message":""}]',
    '43/chat,17[{"ok":true,"seq":5,"epoch":"e"}]',
    '43/chat,17[{"seq":5,"ok":true,"at":1}]',
    '43/chat,17[]',
    '43/chat,[{"ok":true,"seq":5,"at":99}]',
    '43/other,17[{"ok":true,"seq":5,"at":99}]',
  ])('any other ack is left to JSON.parse: %s', (text) => {
    expect(readSendAck(Buffer.from(text), { ackId: 0, seq: 0 })).toBe(false);
  });
});

describe('other packets', () => {
  test.each([
    { text: '40/chat,{"sid":"a"}', packet: { kind: 'connect' } },
    { text: '40{"sid":"a"}', packet: { kind: 'other' } },
    { text: '41/chat,', packet: { kind: 'disconnect' } },
    { text: '41/chat', packet: { kind: 'disconnect' } },
    { text: '41/other,', packet: { kind: 'other' } },
    { text: '43/chat,3[{"ok":true}]', packet: { kind: 'ack', id: 3, reply: { ok: true } } },
    { text: '43/chat,3[]', packet: { kind: 'ack', id: 3, reply: undefined } },
    {
      text: '44/chat,{"message":"no","data":{"code":"TOKEN_EXPIRED"}}',
      packet: { kind: 'connect-error', text: 'no (TOKEN_EXPIRED)' },
    },
    { text: '44/chat,{"message":"no"}', packet: { kind: 'connect-error', text: 'no' } },
    { text: '42/chat,["a",1]', packet: { kind: 'event', name: 'a', payload: 1 } },
    { text: '451-/chat,["a",{"_placeholder":true,"num":0}]', packet: { kind: 'other' } },
    { text: '4', packet: { kind: 'other' } },
  ])('$text', ({ text, packet }) => {
    expect(readPacket(text)).toEqual(packet);
  });

  test('broken JSON is an error, not a guess', () => {
    expect(() => readPacket('42/chat,["a",')).toThrow(SyntaxError);
  });
});

describe('a body', () => {
  test.each([
    { bytes: 32, body: '9000+15|xxxxxxxxxxxxxxxxxxxxxxxx' },
    { bytes: 8, body: '9000+15|' },
    { bytes: 1, body: '9000+15|' },
  ])('of $bytes bytes', ({ bytes, body }) => {
    expect(messageBody(9000, 15, bytes)).toBe(body);
  });
});

function frame(message: unknown): Buffer {
  return Buffer.from(`42/chat,["chat:message",${JSON.stringify(message)}]`);
}
