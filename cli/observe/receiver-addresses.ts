/** The addresses that a configuration of Alertmanager holds for its receivers: each is a secret. */
import { isPair, isScalar, parse, parseDocument, visit } from 'yaml';

/** Every http(s) address below `receivers:`; of a text that is no configuration none. */
export function receiverAddresses(configuration: string): readonly string[] {
  let config: unknown;
  try {
    config = parse(configuration);
  } catch {
    return [];
  }
  return config !== null && typeof config === 'object' && 'receivers' in config
    ? textsOf(config.receivers).filter((text) => /^https?:\/\//.test(text))
    : [];
}

/** Addresses of generic webhooks, which Alertmanager 0.25 hides from nobody, in their order. */
export function webhookAddresses(configuration: string): readonly string[] {
  const found: string[] = [];
  relayed(configuration, (address) => {
    found.push(address);
    return address;
  });
  return found;
}

/** The configuration with another address for each of its generic webhooks. */
export function relayed(
  configuration: string,
  instead: (address: string, index: number) => string,
): string {
  const document = parseDocument(configuration);
  let index = 0;
  visit(document, {
    Pair: (_, pair, path) => {
      if (!isScalar(pair.key) || pair.key.value !== 'url' || !isScalar(pair.value)) return;
      const inWebhook = path.some(
        (node) => isPair(node) && isScalar(node.key) && node.key.value === 'webhook_configs',
      );
      if (!inWebhook) return;
      pair.value.value = instead(String(pair.value.value), index);
      index += 1;
    },
  });
  return document.toString({ lineWidth: 0 });
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [];
}
