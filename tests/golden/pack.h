#pragma pack(1)
struct a { char c; int i; };
#pragma pack()
struct b { char c; int i; };
#pragma pack(push, 2)
struct c { char c; int i; };
#pragma pack(push, label, 4)
struct d { char c; long i; };
#pragma pack(pop, label)
struct e { char c; int i; }
#pragma pack(pop)
;
struct f { char c; int i; };
#pragma GCC visibility push(default)
#pragma once
