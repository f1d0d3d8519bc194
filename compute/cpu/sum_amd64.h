// Sums the 8 values of Y0 into X0.
#define HSUM \
	VEXTRACTF128 $1, Y0, X1     \
	VADDPS       X1, X0, X0     \
	VPERMILPS    $0x4e, X0, X1  \
	VADDPS       X1, X0, X0     \
	VPERMILPS    $0xb1, X0, X1  \
	VADDPS       X1, X0, X0
