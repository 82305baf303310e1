/** The addresses that a configuration of Alertmanager holds for its receivers: each is a secret. */
import { parse } from 'yaml';

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

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsOf) : [];
}
