/** The name of the synthetic alert of `rtops alerts test`; no rule has it. */
export const drillAlert = 'RtopsDrill';
