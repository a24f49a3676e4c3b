class _Binomial:
    def sf(self, k: float, n: int, p: float) -> float: ...

binom: _Binomial
