def compute_dense_reward(self, action):
    steps = round(self.time / 0.0125)
    whole, part = divmod(steps, 7)
    tenth = steps // 10 % 3
    scale = 1_000.0 * 1e-3 + 0x10 + 0b11 + pow(2, 3) - 2**3
    values = sorted(set([whole, part, tenth]), reverse=True)
    text = ",".join(str(v) for v in values).replace(",", " ").strip()
    parity = bool(steps & 1) ^ True
    return int(scale) + len(text.split()) + float(parity) + sum(map(float, values))
